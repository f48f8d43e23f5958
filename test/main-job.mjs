// What `npm start` runs: a service opens its state file, issues tokens and stops; an operator decodes one of them.
// Started again, it goes on behind what it issued. Usage: node test/main-job.mjs [state file]
import { mkdirSync } from "node:fs";
import { Id64, SqliteCounter } from "permid64";

mkdirSync("build", { recursive: true });
const stateFile = process.argv[2] ?? "build/orders.state";

using ids = Id64.multiplicative({ instanceId: 42, stateFile });
console.log(`engine      ${ids.engine}`);
console.log(`state file  ${stateFile}`);

for (const token of ids.takeBase62(5)) {
  const { instanceId, sequence } = ids.decodeBase62(token);
  console.log(`issued      ord_${token}  which decodes to instance ${instanceId}, number ${sequence}`);
}

const count = 1_000_000;
const started = performance.now();
const { sequence } = ids.decodeManyBase62(ids.takeBase62(count));
const seconds = (performance.now() - started) / 1000;
if (new Set(sequence).size !== count) throw new Error("a number was issued twice");
console.log(`then        ${count} more tokens, issued and decoded in ${seconds.toFixed(2)} s, no two alike`);

const [{ mark }] = SqliteCounter.inspect(stateFile);
console.log(`next time   from number ${mark}: run it again`);
