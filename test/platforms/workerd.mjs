// workerd.mjs FILE QUERY: bundles a Worker, runs it as `wrangler dev` does, in workerd, and prints its answer.
// workerd.mjs CONFIG METHOD...: runs the Worker of a wrangler.jsonc, and prints its answer to each of these requests.
import { unstable_startWorker } from "wrangler";

const [file, ...rest] = process.argv.slice(2);
const configured = file.endsWith(".jsonc");
const [query, methods] = configured ? ["", rest] : [rest[0], ["GET"]];
const worker = await unstable_startWorker({
  ...(configured ? { config: file } : { name: "permid64", entrypoint: file, compatibilityDate: "2026-10-01" }),
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
  for (const method of methods) {
    const response = await worker.fetch(`http://127.0.0.1/?${query}`, { method });
    console.log(await response.text());
  }
} finally {
  await worker.dispose();
}
