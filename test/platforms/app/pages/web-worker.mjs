import { report } from "./report.mjs";

const worker = new Worker(new URL("./web-worker-thread.mjs", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => report(data);
worker.onerror = (event) => report({ failures: [`${event.message} in the worker`] });
