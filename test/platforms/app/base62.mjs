// An app that reads the tokens of another, and nothing else.
import { base62ToU64 } from "permid64";

console.log(String(base62ToU64("E5xm7QFdS1Z")));
