// A worker that leases until its browser is killed. The server keeps its log, line by line, before a block is used.
import { IndexedDbCounter } from "../node_modules/permid64/dist/permid64.js";
import { LINEAGE } from "./counter-lease.mjs";

const { name, log } = Object.fromEntries(new URLSearchParams(location.search));
const write = (line) => fetch(`/log?of=${log}`, { method: "POST", body: line });

const counter = new IndexedDbCounter(name);
await counter.open(LINEAGE);
for (let count = 1; ; count = (count * 3) % 1009) {
  await write(`want ${count}`);
  const { start, end } = await counter.reserve(count, LINEAGE);
  await write(`got ${start} ${end}`);
}
