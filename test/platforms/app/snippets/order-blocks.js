import { DurableObject, env } from "cloudflare:workers";
import { AsyncId64 } from "permid64";
import { DurableObjectCounter } from "permid64/durable-object";

const instanceId = 42;

export class Orders extends DurableObject {
  #counter = new DurableObjectCounter(this.ctx.storage);

  // Once, by whoever sets the service up. The other two are what a generator asks for.
  create() {
    return DurableObjectCounter.create(this.ctx.storage, { instanceId });
  }

  open(claim) {
    return this.#counter.open(claim);
  }

  reserve(count, claim) {
    return this.#counter.reserve(count, claim);
  }
}

// A stub is of no more use after an error, so each call gets its own.
const orders = () => env.ORDERS.getByName("orders");
const counter = {
  open: (claim) => orders().open(claim),
  reserve: (count, claim) => orders().reserve(count, claim),
};

export default {
  async fetch(request) {
    if (request.method === "PUT") return new Response(await orders().create());
    const ids = AsyncId64.speck({ instanceId, key: env.PERMID64_KEY, counter, minBlock: 16 });
    return new Response(await ids.nextBase62());
  },
};
