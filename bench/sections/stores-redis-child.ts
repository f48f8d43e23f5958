import { connectTo } from "../../test/counter/redis/server.ts";
import { RedisCounter } from "../lib/library.ts";

// Reserves as fast as one connection can, for a while, from "go" on.

export interface Job {
  readonly port: number;
  readonly name: string;
  readonly count: number;
  readonly milliseconds: number;
  readonly durability: "always" | "everysec";
}

process.once("message", async ({ port, name, count, milliseconds, durability }: Job) => {
  const instanceId = 1;
  const client = connectTo(port);
  // Of those that share a name, one is first.
  await RedisCounter.create(client, { name, instanceId }).catch(() => {});
  const counter = new RedisCounter(client, { name, durability });
  const claim = { instanceId, limit: 2n ** 48n, fingerprint: "16+48:00000000" };
  await counter.open(claim);
  process.once("message", async () => {
    let reservations = 0;
    let last = 0n;
    const begin = performance.now();
    while (performance.now() - begin < milliseconds) {
      last = (await counter.reserve(count, claim)).end;
      reservations++;
    }
    process.send!({ reservations, seconds: (performance.now() - begin) / 1000, last: String(last) });
    client.disconnect();
    process.disconnect();
  });
  process.send!("up");
});
