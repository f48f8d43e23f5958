import { beforeEach, test } from "vitest";
import { RedisCounter } from "../../support/library.ts";
import { checkAdmission, INSTANCE_ID } from "../admission.ts";
import { ioredis } from "./clients.ts";
import { needsRedis, serve } from "./host.ts";

beforeEach(needsRedis);

test("the script decides as the pure function, in any state", async () => {
  const server = await serve();
  const client = await ioredis(server.port);
  const [, live] = /master_replid:(\w+)/.exec(await client.info("replication"))!;
  const keyOf = (name: string) => `permid64:${name}`;
  await checkAdmission({
    ceiling: "opened",
    tellsIncarnation: true,
    takesFloor: false,
    opensFirst: true,
    counter: (name, options) => new RedisCounter(client, { name, ...options }),
    async write(name, state) {
      await client.del(keyOf(name));
      if (!state) return;
      const { lineage, fingerprint, mark, ceiling, moved } = state;
      await client.hset(keyOf(name), {
        ...{ format: "1", lineage, next: "0", incarnation: live },
        ...(fingerprint !== undefined && { fingerprint }),
        ...(ceiling !== undefined && { ceiling }),
        ...(mark !== undefined && { [`mark:${INSTANCE_ID}`]: mark }),
        [`incarnation:${INSTANCE_ID}`]: moved ? "before" : live!,
      });
    },
    async read(name) {
      const fields = await client.hgetall(keyOf(name));
      if (fields.lineage === undefined) return undefined;
      const { lineage, fingerprint } = fields;
      const [mark, ceiling] = [fields[`mark:${INSTANCE_ID}`], fields.ceiling].map((text) =>
        text === undefined ? undefined : BigInt(text),
      );
      return { lineage, fingerprint, mark, ceiling, moved: fields[`incarnation:${INSTANCE_ID}`] !== live };
    },
  });
});
