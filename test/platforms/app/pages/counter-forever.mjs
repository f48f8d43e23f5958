// A worker that leases until its browser is killed. The server keeps its log, line by line, before a block is used.
import { IndexedDbCounter } from "../node_modules/permid64/dist/permid64.js";
import { CLAIM } from "./counter-lease.mjs";

const { name, log } = Object.fromEntries(new URLSearchParams(location.search));
const write = (line) => fetch(`/log?of=${log}`, { method: "POST", body: line });

const counter = new IndexedDbCounter(name);
await counter.open(CLAIM);
for (let count = 1; ; count = (count * 3) % 1009) {
  await write(`want ${count}`);
  const { start, end } = await counter.reserve(count, CLAIM);
  await write(`got ${start} ${end}`);
}
