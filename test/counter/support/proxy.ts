import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A TCP proxy on loopback, to break what passes through it. */
export interface TcpProxy {
  readonly port: number;
  /** Ends the connections there are. */
  reset(): void;
  /** Ends all connections, and takes no new ones. */
  cut(): void;
  /** A network that has gone silent: holds everything back, and nobody is told. */
  freeze(): void;
  /** Passes on requests, and drops what is answered. */
  muteReplies(): void;
  /** Passes on requests, and ends a connection in place of an answer: each, or those that `which` says. */
  loseReplies(which?: () => boolean): void;
  /** Sends new connections to another port, and ends those there are: as an address that moves to another server. */
  retarget(port: number): void;
  /** Ends what was broken. What was held back arrives; connections that were muted are ended, since a part of their talk is missing. */
  mend(): void;
  close(): Promise<void>;
}

export async function startProxy(targetPort: number): Promise<TcpProxy> {
  let target = targetPort;
  let state: "open" | "cut" | "frozen" | "muted" = "open";
  let isLost = () => false;
  const sockets = new Set<Socket>();
  const reset = () => {
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
        if (isReply && state === "muted") return;
        if (isReply && isLost()) from.destroy();
        else to.write(chunk);
      });
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      // To listen to data has set it flowing.
      if (state === "frozen") from.pause();
    };
    pass(client, server, false);
    pass(server, client, true);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  const proxy: TcpProxy = {
    port: (listener.address() as AddressInfo).port,
    reset,
    cut() {
      state = "cut";
      reset();
    },
    freeze() {
      state = "frozen";
      for (const socket of sockets) socket.pause();
    },
    muteReplies() {
      state = "muted";
    },
    loseReplies(which = () => true) {
      isLost = which;
    },
    retarget(port) {
      target = port;
      reset();
    },
    mend() {
      if (state === "muted") reset();
      if (state === "frozen") for (const socket of sockets) socket.resume();
      state = "open";
      isLost = () => false;
    },
    close() {
      reset();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
  onTestFinished(() => proxy.close());
  return proxy;
}
