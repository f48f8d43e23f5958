// An app with public ids for its rows, and nothing else.
import { PublicId } from "permid64";

const orderId = new PublicId({ key: "000102030405060708090a0b0c0d0e0f", type: "order", prefix: "ord" });
console.log(String(orderId.decode(orderId.encode(123n))));
