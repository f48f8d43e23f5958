import { conformance } from "../conformance.mjs";
import * as first from "../node_modules/permid64/dist/permid64.js";
import * as second from "../node_modules/permid64/dist/permid64.js?again";
import vectors from "../vectors.mjs";
import { report } from "./report.mjs";

const before = conformance({ permid64: first, vectors });
const result = conformance({ permid64: second, vectors });
const failures = [...before.failures, ...result.failures];
if (first.Id64 === second.Id64) failures.push("one copy only");
report({ ...result, failures });
