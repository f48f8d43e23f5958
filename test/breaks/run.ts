// Everything that SECURITY.md says is given away, done: npm run breaks.

import { report as feistelKey } from "./feistel-key.ts";
import { report as feistelRounds } from "./feistel-rounds.ts";
import { report as multiplicative } from "./multiplicative.ts";

for (const report of [multiplicative, feistelKey, feistelRounds]) console.log(`${await report()}\n`);
