import { report } from "./report.mjs";
import { suite } from "./suite.mjs";

const result = suite();
const requests = performance.getEntriesByType("resource").map(({ name }) => name.replace(location.origin, ""));
report({ ...result, isolated: crossOriginIsolated, requests: requests.sort() });
