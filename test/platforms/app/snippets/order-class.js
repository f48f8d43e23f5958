import { DurableObject } from "cloudflare:workers";
import { AsyncId64 } from "permid64";
import { DurableObjectCounter } from "permid64/durable-object";

export class Orders extends DurableObject {
  #counter = new DurableObjectCounter(this.ctx.storage);
  #ids = AsyncId64.speck({ instanceId: 42, key: this.env.PERMID64_KEY, counter: this.#counter });

  // Once, by whoever sets the service up.
  create() {
    return DurableObjectCounter.create(this.ctx.storage, { instanceId: 42 });
  }

  next() {
    return this.#ids.nextBase62();
  }
}
