import { DurableObject } from "cloudflare:workers";
import { DurableObjectCounter } from "permid64";

export class OrderNumbers extends DurableObject {
  #counter = new DurableObjectCounter(this.ctx.storage);

  // Once, by whoever sets up. The other two are what a generator asks for.
  create(options) {
    return DurableObjectCounter.create(this.ctx.storage, options);
  }

  open(lineage) {
    return this.#counter.open(lineage);
  }

  reserve(count, lineage) {
    return this.#counter.reserve(count, lineage);
  }
}

export default {
  async fetch(request, env) {
    const numbers = env.ORDER_NUMBERS.getByName("orders");
    if (request.method === "PUT") return new Response(await numbers.create({ instanceId: 42 }));
    const lineage = { instanceId: 42, limit: 2n ** 48n, fingerprint: "16+48:0123abcd" };
    const { start, end } = await numbers.reserve(10, lineage);
    return new Response(`from ${start} up to ${end}`);
  },
};
