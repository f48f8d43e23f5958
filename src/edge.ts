import module from "permid64.wasm?module";
import { useWasm } from "./index.js";

export * from "./index.js";

// The entry for Workers and edge functions (the conditions `workerd` and `edge-light` in package.json). They may not
// compile from bytes, but their bundlers compile the file that is imported here.
try {
  useWasm(module);
} catch {
  // Something else came of the file, or it may not start: BigInt serves, and importing never throws.
}
