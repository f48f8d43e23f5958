// A tab, or a worker: leases blocks when it is told to go, and tells which.
import { counterOf, lease } from "./counter-lease.mjs";

const { name, kind } = Object.fromEntries(new URLSearchParams(location.search));
const channel = new BroadcastChannel("counter");
channel.onmessage = async ({ data }) => {
  if (data === "go") channel.postMessage(await lease(counterOf(kind, name)));
};
channel.postMessage("ready");
