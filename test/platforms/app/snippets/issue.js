import { Id64 } from "permid64";

const ids = Id64.speck({ instanceId: 42, key: process.env.PERMID64_KEY, stateFile: "orders.state" });
console.log(ids.engine, ids.nextBase62());
