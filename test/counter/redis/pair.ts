import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { serve, serveReplica } from "./host.ts";
import type { RedisServer, Settings } from "./server.ts";

/** A master, its replica, and what can be broken between them and their clients. */
export interface Pair {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  /** By which the replica is told. */
  readonly link: TcpProxy;
  /** Where clients find whoever is master. */
  readonly address: TcpProxy;
  failover(): Promise<void>;
}

export async function servePair(settings?: Settings): Promise<Pair> {
  const master = await serve(settings);
  const link = await startProxy(master.port);
  const replica = await serveReplica(master, link.port, settings);
  const address = await startProxy(master.port);
  const failover = async () => {
    await master.kill();
    await replica.promote();
    address.retarget(replica.port);
  };
  return { master, replica, link, address, failover };
}
