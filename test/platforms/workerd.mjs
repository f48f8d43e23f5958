// workerd.mjs FILE QUERY: bundles a Worker and runs it as `wrangler dev` does, in workerd, and prints its answer.
import { unstable_startWorker } from "wrangler";

const [entrypoint, query] = process.argv.slice(2);
const worker = await unstable_startWorker({
  name: "permid64",
  entrypoint,
  compatibilityDate: "2026-10-01",
  dev: {
    logLevel: "error",
    server: { hostname: "127.0.0.1", port: 0 },
    remote: false,
    inspector: false,
    liveReload: false,
    persist: false,
    watch: false,
  },
});
try {
  const response = await worker.fetch(`http://127.0.0.1/?${query}`);
  console.log(await response.text());
} finally {
  await worker.dispose();
}
