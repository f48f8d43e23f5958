// The same, given its module by hand.
import module from "permid64/permid64.wasm";
import { conformance } from "../conformance.mjs";
import * as permid64 from "../node_modules/permid64/dist/index.js";
import vectors from "../vectors.mjs";

permid64.useWasm(module);

export default { fetch: () => Response.json(conformance({ permid64, vectors })) };
