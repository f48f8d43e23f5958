// Everything that SECURITY.md says is given away, done: npm run breaks.

import { report as feistelKey } from "./feistel-key.ts";
import { report as feistelRounds } from "./feistel-rounds.ts";
import { report as multiplicative } from "./multiplicative.ts";
import { report as publicId } from "./public-id.ts";

for (const report of [multiplicative, feistelKey, feistelRounds, publicId]) console.log(`${await report()}\n`);
