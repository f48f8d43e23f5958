import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe } from "vitest";
import { RedisCounter } from "../../support/library.ts";
import { testConformance } from "../support/conformance.ts";
import { CLIENTS } from "./clients.ts";
import { needsRedis } from "./host.ts";
import { hasRedis, RedisServer } from "./server.ts";

beforeEach(needsRedis);

let server: RedisServer;
beforeAll(async () => {
  if (hasRedis) server = await RedisServer.start();
});
afterAll(() => server?.close());

describe.each(Object.entries(CLIENTS))("%s", (_, connect) => {
  testConformance([], async () => {
    const client = await connect(server.port);
    const prefix = randomUUID();
    return {
      counter: (name, options) => new RedisCounter(client, { prefix, name, ...options }),
      create: (name, options) => RedisCounter.create(client, { prefix, name, ...options }),
      inspect: (name) => RedisCounter.inspect(client, { prefix, name }),
      raise: (name, options) => RedisCounter.raise(client, { prefix, name, ...options }),
      leaseInstanceId: (name, options) => RedisCounter.leaseInstanceId(client, { prefix, name, ...options }),
      setMark: (name, instanceId, mark) => server.admin.hset(`${prefix}:${name}`, `mark:${instanceId}`, String(mark)),
      badMarks: ["1.5", "-1", "many", "", "007", "2.8147497671066e+14", String(2n ** 63n), "9".repeat(40)],
      async damage(name, index) {
        const key = `${prefix}:${name}`;
        const damages = [
          () => server.admin.set(key, "7"),
          () => server.admin.del(key).then(() => server.admin.hset(key, "a", "b")),
          () => server.admin.hset(key, "format", "2"),
          () => server.admin.expire(key, 1000),
        ];
        const fields = await server.admin.hgetall(key);
        await damages[index]?.();
        if (!damages[index]) return undefined;
        return () => server.admin.del(key).then(() => server.admin.hset(key, fields));
      },
      drop: (name) => server.admin.del(`${prefix}:${name}`),
    };
  });
});
