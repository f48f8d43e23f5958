// The rows of a table get public ids, and a request finds its row by one. Nothing is stored.
// Usage: node --env-file=examples/demo.env examples/public-ids.mjs
import { PublicId } from "permid64";

const orderId = new PublicId({ key: process.env.PERMID64_KEY, type: "order", prefix: "ord" });
const table = new Map([
  [1n, { owner: "ann", total: 1250 }],
  [2n, { owner: "bob", total: 990 }],
]);

for (const id of table.keys()) console.log(`row ${id}        shown as ${orderId.encode(id)}`);

function getOrder(token, user) {
  const id = orderId.tryDecode(token);
  const order = id === undefined ? undefined : table.get(id);
  return order?.owner === user ? `200, total ${order.total}` : "404";
}

const token = orderId.encode(1n);
console.log(`ann asks     ${token}: ${getOrder(token, "ann")}`);
console.log(`bob asks     ${token}: ${getOrder(token, "bob")}`);
console.log(`a guess      ord_00000000001: ${getOrder("ord_00000000001", "ann")}`);
