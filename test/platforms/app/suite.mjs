import * as permid64 from "permid64";
import { conformance } from "./conformance.mjs";
import vectors from "./vectors.mjs";

/** The suite as an app would have it: the package by its name. `options` are those of conformance.mjs. */
export const suite = (options) => conformance({ permid64, vectors, ...options });
