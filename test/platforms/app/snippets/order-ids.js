import { DurableObject } from "cloudflare:workers";
import { AsyncId64 } from "permid64";
import { DurableObjectCounter } from "permid64/durable-object";

const instanceId = 42;

export class Orders extends DurableObject {
  #ids = AsyncId64.speck({
    instanceId,
    key: this.env.PERMID64_KEY,
    counter: new DurableObjectCounter(this.ctx.storage),
  });

  // Once, by whoever sets the service up.
  create() {
    return DurableObjectCounter.create(this.ctx.storage, { instanceId });
  }

  next() {
    return this.#ids.nextBase62();
  }
}

export default {
  async fetch(request, env) {
    const orders = env.ORDERS.getByName("orders");
    return new Response(request.method === "PUT" ? await orders.create() : await orders.next());
  },
};
