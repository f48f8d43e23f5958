import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A way to a server on this machine that can be cut: passes TCP connections on. */
export class TcpProxy {
  /** Whether new connections are let through. */
  open = true;
  /** Sees what the server sends before it is passed on; what it says no to is dropped, and the connection cut. */
  look: ((data: Buffer) => boolean) | undefined;
  readonly #target: () => number;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server = createServer((near) => this.#pass(near));
  #frozen = false;

  private constructor(target: () => number) {
    this.#target = target;
  }

  /** `target` is asked for the port with each connection. */
  static async start(target: () => number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends the connections there are. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** A network that has gone silent: nothing gets through, and nobody is told. */
  freeze(): void {
    this.#frozen = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  thaw(): void {
    this.#frozen = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.resume();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pass(near: Socket): void {
    if (!this.open) {
      near.destroy();
      return;
    }
    const far = connect(this.#target(), "127.0.0.1");
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay();
      socket.on("error", end);
      socket.on("close", end);
    }
    near.on("data", (data) => far.write(data));
    far.on("data", (data) => {
      if (this.look?.(data) === false) end();
      else near.write(data);
    });
    // To listen to data has set it flowing.
    if (this.#frozen) for (const socket of pair) socket.pause();
  }
}
