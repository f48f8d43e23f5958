import { report } from "./report.mjs";

navigator.serviceWorker.onmessage = ({ data }) => report(data);
// Bundled, as service workers are: not every browser takes modules there.
navigator.serviceWorker.register("/service-worker.js");
const { active } = await navigator.serviceWorker.ready;
active.postMessage("run");
