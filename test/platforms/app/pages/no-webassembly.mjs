import { report } from "./report.mjs";

delete globalThis.WebAssembly;
const { suite } = await import("./suite.mjs");
report(suite());
