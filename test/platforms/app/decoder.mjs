// An app that decodes the ids of another, and nothing else.
import { Id64Decoder } from "permid64";

const ids = Id64Decoder.feistel({ key: 7n, prefix: "ord" });
console.log(String(ids.tryDecodeToken("ord_E5xm7QFdS1Z")?.instanceId));
