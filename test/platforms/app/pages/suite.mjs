import { conformance } from "../conformance.mjs";
import * as permid64 from "../node_modules/permid64/dist/permid64.js";
import vectors from "../vectors.mjs";

/** The suite as a page without a build has it: the packed file by its address. */
export const suite = (options) => conformance({ permid64, vectors, ...options });
