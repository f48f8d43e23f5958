import { Id64 } from "permid64";

const ids = Id64.multiplicative({ instanceId: 42, stateFile: "orders.state" });
console.log(ids.engine, ids.nextBase62());
