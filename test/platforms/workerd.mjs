// workerd.mjs FILE QUERY [BINDING CLASS]: bundles a Worker and runs it as `wrangler dev` does, in workerd, and prints its
// answer; of one with a Durable Object, those to PUT and to two times GET.
import { unstable_startWorker } from "wrangler";

const [entrypoint, query, binding, className] = process.argv.slice(2);
const worker = await unstable_startWorker({
  name: "permid64",
  entrypoint,
  compatibilityDate: "2026-10-01",
  ...(binding && {
    bindings: { [binding]: { type: "durable_object_namespace", class_name: className } },
    migrations: [{ tag: "v1", new_sqlite_classes: [className] }],
  }),
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
  for (const method of binding ? ["PUT", "GET", "GET"] : ["GET"]) {
    const response = await worker.fetch(`http://127.0.0.1/?${query}`, { method });
    console.log(await response.text());
  }
} finally {
  await worker.dispose();
}
