import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy on loopback, to break what passes through it. */
export interface Proxy {
  readonly port: number;
  /** Ends all connections, and takes no new ones. */
  cut(): void;
  /** Forwards nothing any more; connections stay. */
  stall(): void;
  /** Forwards requests, and drops what is answered. */
  muteReplies(): void;
  /** Sends new connections to another port, and ends those there are: as an address that moves to another server. */
  retarget(port: number): void;
  /** Ends what was broken; connections that were stalled or muted are ended, since a part of their talk is missing. */
  mend(): void;
  close(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  let target = targetPort;
  let state: "open" | "cut" | "stalled" | "muted" = "open";
  const sockets = new Set<Socket>();
  const endAll = () => {
    for (const socket of sockets) socket.destroy();
  };

  const listener = createServer((client) => {
    if (state === "cut") {
      client.destroy();
      return;
    }
    const server = connect(target, "127.0.0.1");
    const pass = (from: Socket, to: Socket, isReply: boolean) => {
      sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (state === "open" || (state === "muted" && !isReply)) to.write(chunk);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
    };
    pass(client, server, false);
    pass(server, client, true);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  const proxy: Proxy = {
    port: (listener.address() as AddressInfo).port,
    cut() {
      state = "cut";
      endAll();
    },
    stall() {
      state = "stalled";
    },
    muteReplies() {
      state = "muted";
    },
    retarget(port) {
      target = port;
      endAll();
    },
    mend() {
      if (state === "stalled" || state === "muted") endAll();
      state = "open";
    },
    close() {
      endAll();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
  onTestFinished(() => proxy.close());
  return proxy;
}
