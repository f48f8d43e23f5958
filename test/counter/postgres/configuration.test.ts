import { expect, test } from "vitest";
import { PostgresCounter } from "../../support/library.ts";
import { CONFIG, codeOf } from "../support/host.ts";
import { startProxy } from "../support/proxy.ts";
import { CLAIM } from "./clients.ts";
import { testConfiguration } from "./configuration.ts";
import { connect, create, ending, startServer, take } from "./host.ts";
import { embedded } from "./server.ts";

testConfiguration(embedded);

test("R4: a server that runs without fsync is refused, unless that is accepted", async () => {
  const server = await startServer({ fsync: "off" });
  await create(server.url);
  const { client } = connect(server.url);
  expect(await codeOf(new PostgresCounter(client).open(CLAIM))).toBe(CONFIG);
  expect(await codeOf(new PostgresCounter(client).reserve(1, CLAIM))).toBe(CONFIG);
  expect(await take(new PostgresCounter(client, { allowFsyncOff: true }), 1)).toHaveLength(1);
});

test("F18: a standby is refused at the start", async () => {
  const server = await startServer();
  await create(server.url);
  const proxy = await startProxy(server.port);
  const standby = ending(await server.standby(proxy.port));
  const { client } = connect(standby.url);
  expect(await codeOf(new PostgresCounter(client).open(CLAIM))).toBe(CONFIG);
  expect(await codeOf(PostgresCounter.create(client, { instanceId: 9 }))).toBe(CONFIG);
});
