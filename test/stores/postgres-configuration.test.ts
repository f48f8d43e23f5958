import { expect, test } from "vitest";
import { PostgresCounter } from "../support/library.ts";
import { CONFIG, codeOf } from "./host.ts";
import { LINEAGE } from "./postgres-clients.ts";
import { testConfiguration } from "./postgres-configuration.ts";
import { connect, create, ending, startServer, take } from "./postgres-host.ts";
import { embedded } from "./postgres-server.ts";
import { startProxy } from "./proxy.ts";

testConfiguration(embedded);

test("R4: a server that runs without fsync is refused, unless that is accepted", async () => {
  const server = await startServer({ fsync: "off" });
  await create(server.url);
  const { client } = connect(server.url);
  expect(await codeOf(new PostgresCounter(client).open(LINEAGE))).toBe(CONFIG);
  expect(await codeOf(new PostgresCounter(client).reserve(1, LINEAGE))).toBe(CONFIG);
  expect(await take(new PostgresCounter(client, { allowFsyncOff: true }), 1)).toHaveLength(1);
});

test("F18: a standby is refused at the start", async () => {
  const server = await startServer();
  await create(server.url);
  const proxy = await startProxy(server.port);
  const standby = ending(await server.standby(proxy.port));
  const { client } = connect(standby.url);
  expect(await codeOf(new PostgresCounter(client).open(LINEAGE))).toBe(CONFIG);
  expect(await codeOf(PostgresCounter.create(client, { instanceId: 9 }))).toBe(CONFIG);
});
