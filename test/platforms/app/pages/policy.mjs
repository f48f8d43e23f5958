// A page whose Content-Security-Policy forbids WebAssembly; its address says which engine to ask for.
import { report } from "./report.mjs";
import { suite } from "./suite.mjs";

const reports = [];
const last = new Promise((resolve) => {
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
    if (effectiveDirective === "img-src") resolve();
    else reports.push(`${effectiveDirective} ${blockedURI}`);
  });
});
const result = suite({ engine: new URLSearchParams(location.search).get("engine") });
// Reports come in order, and some time later: when that of this image is there, there are no others to wait for.
new Image().src = "/image.png";
await last;
report({ ...result, reports });
