// An app that decodes with one permutation, and nothing else.
import { base62ToU64, Feistel64Permutation } from "permid64";

const permutation = new Feistel64Permutation({ key: 7n, engine: "bigint" });
console.log(String(permutation.inverse(base62ToU64("E5xm7QFdS1Z"))));
