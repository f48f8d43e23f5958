// The bundle for browsers and Node, as a build that knows nothing of Workers would take it.
import { conformance } from "../conformance.mjs";
import * as permid64 from "../node_modules/permid64/dist/index.js";
import vectors from "../vectors.mjs";

export default { fetch: () => Response.json(conformance({ permid64, vectors })) };
