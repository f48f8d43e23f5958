import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { text } from "node:stream/consumers";
import type { Session } from "./browsers.ts";
import { app } from "./matrix.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
};

/** Pages take a second; a browser's start takes some, and more on a machine that is busy. */
const PATIENCE = 40_000;

/** What a page may be served with. */
const HEADERS = {
  isolated: {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
  },
  // No 'wasm-unsafe-eval'.
  policy: { "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'" },
};

/**
 * Serves the app's folder on loopback, leads one browser from page to page, and hears from each how it fared: a page
 * that has told waits for the answer, which is where to go next.
 */
export class Tour {
  readonly #server: Server;
  /** Paths that are found elsewhere in the app's folder. */
  readonly #aliases: Readonly<Record<string, string>>;
  readonly #open: (url: string) => Promise<Session>;
  /** What pages logged while they ran, line by line, by the name of the log. */
  readonly logs = new Map<string, string>();
  /** Which no page was given yet. */
  #instanceId = 42;
  #session: Session | undefined;
  #told: (result: string) => void = () => {};
  #waiting: ServerResponse | undefined;

  private constructor(open: (url: string) => Promise<Session>, aliases: Readonly<Record<string, string>>) {
    this.#open = open;
    this.#aliases = aliases;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error) => {
        // A browser that is killed takes with it what it was sending: no page went on from there.
        if (error.code !== "ECONNRESET") throw error;
      });
    });
  }

  static async start(
    open: (url: string) => Promise<Session>,
    aliases: Readonly<Record<string, string>> = {},
  ): Promise<Tour> {
    const tour = new Tour(open, aliases);
    await new Promise<void>((resolve) => tour.#server.listen(0, "127.0.0.1", resolve));
    try {
      await tour.#begin();
      return tour;
    } catch (error) {
      await tour.end();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { port } = this.#server.address() as AddressInfo;
    this.#session = await this.#open(`http://127.0.0.1:${port}/pages/start.html`);
    await this.#hear();
  }

  /** Kills the browser, and starts it again. */
  async restart(): Promise<void> {
    await this.#session!.close();
    await this.#begin();
  }

  /** The browser's. */
  get version(): string {
    return this.#session!.version;
  }

  /** Goes to a page of the app's, and returns what it tells. */
  async visit(path: string): Promise<unknown> {
    this.send(path);
    return JSON.parse(await this.#hear());
  }

  /** Goes to a page that tells nothing. */
  send(path: string): void {
    if (!this.#waiting) throw new Error("the browser is still on the page before");
    this.#waiting.end(path);
    this.#waiting = undefined;
  }

  async end(): Promise<void> {
    await this.#session?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the next page tells. */
  async #hear(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const told = new Promise<string>((resolve, reject) => {
      this.#told = resolve;
      timer = setTimeout(() => reject(new Error(`nothing was heard from the page for ${PATIENCE} ms`)), PATIENCE);
    });
    try {
      return await Promise.race([told, this.#session!.ended]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, "http://127.0.0.1");
    if (pathname === "/report") {
      const result = await text(request);
      this.#waiting = response;
      this.#told(result);
      return;
    }
    if (pathname === "/log") {
      const log = searchParams.get("of")!;
      const line = await text(request);
      this.logs.set(log, `${this.logs.get(log) ?? ""}${line}\n`);
      response.end();
      return;
    }
    if (pathname === "/instance-ids") {
      response.end(String(this.#instanceId++));
      return;
    }
    if (pathname === "/clear") {
      response.writeHead(200, { "Clear-Site-Data": '"storage"' }).end();
      return;
    }
    const headers = HEADERS[searchParams.get("headers") as keyof typeof HEADERS];
    const body = this.#read(pathname);
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "Content-Type": TYPES[extname(pathname)], ...headers }).end(body);
  }

  #read(pathname: string): string | Buffer | undefined {
    const path = normalize(this.#aliases[pathname] ?? pathname);
    try {
      return readFileSync(join(app, path));
    } catch {
      // A page is its script.
      if (extname(path) !== ".html") return undefined;
      return `<!doctype html><script type="module" src="${path.replace(/html$/, "mjs")}"></script>`;
    }
  }
}
