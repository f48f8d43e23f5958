import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port of loopback that nobody listens on, and that no connection is given: those get theirs from 32768 up (Linux) or
 * higher, and one that took a stopped server's port would keep it from coming back.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_768);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    await new Promise((resolve) => server.close(resolve));
    if (isFree) return port;
  }
}
