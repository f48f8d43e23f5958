import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithUs } from "./children.ts";

// Starts a browser on a page, headless and with a profile of its own. Pages tell the server how they fared, so
// nothing is to be asked of the browser itself.

/** Nothing serves this port: it is the proxy to all hosts but this one, so that no request leaves the machine. */
const DEAD_PROXY = { host: "127.0.0.1", port: 9 };

export interface Browser {
  readonly platform: string;
  /** What to install, if it is missing. */
  readonly packages: string;
  /** Whether it is here. */
  readonly found: boolean;
  /** `kept` is a profile that stays when the session is closed; by default there is a new one, which goes. */
  open(url: string, kept?: string): Promise<Session>;
}

export interface Session {
  readonly version: string;
  /** Rejects when the browser ends by itself. */
  readonly ended: Promise<never>;
  /** Kills it, as `kill -9` does. */
  close(): Promise<void>;
}

const CHROMIUM = "/usr/bin/chromium";
const FIREFOX = "/usr/bin/firefox-esr";
const XVFB = "/usr/bin/Xvfb";

export const chromium: Browser = {
  platform: "Chromium",
  packages: "chromium",
  found: existsSync(CHROMIUM),
  async open(url, kept) {
    const profile = kept ?? newProfile();
    const flags = [
      "--headless=new",
      `--user-data-dir=${profile}`,
      `--proxy-server=${DEAD_PROXY.host}:${DEAD_PROXY.port}`,
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      // Root has no sandbox, and containers little shared memory.
      ...["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-quic", "--no-first-run"],
      // Pages here open tabs by themselves.
      "--disable-popup-blocking",
      ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    ];
    const env = { ...process.env, HOME: profile };
    return session(versionOf(CHROMIUM), profile, kept !== undefined, [start(CHROMIUM, [...flags, url], { env })]);
  },
};

export const firefox: Browser = {
  platform: "Firefox ESR",
  packages: "firefox-esr",
  found: existsSync(FIREFOX),
  async open(url, kept) {
    const profile = kept ?? newProfile();
    const preferences = {
      "network.proxy.type": 1,
      "network.proxy.http": DEAD_PROXY.host,
      "network.proxy.http_port": DEAD_PROXY.port,
      "network.proxy.ssl": DEAD_PROXY.host,
      "network.proxy.ssl_port": DEAD_PROXY.port,
      "network.proxy.no_proxies_on": "127.0.0.1",
      // Without these, its own services go round the proxy and ask the DNS.
      "network.proxy.failover_direct": false,
      "network.proxy.allow_bypass": false,
      "network.dns.forceResolve": "127.0.0.1",
      "network.connectivity-service.enabled": false,
      "network.captive-portal-service.enabled": false,
      "network.dns.disablePrefetch": true,
      "network.http.http3.enable": false,
      "network.trr.mode": 5,
      "dom.push.connection.enabled": false,
      "media.peerconnection.enabled": false,
      "dom.disable_open_during_load": false,
      // Or it loads the pages of before by itself, to restore or to picture them.
      "browser.sessionstore.resume_from_crash": false,
      "browser.pagethumbnails.capturing_disabled": true,
      "browser.aboutwelcome.enabled": false,
      "datareporting.policy.dataSubmissionEnabled": false,
    };
    const lines = Object.entries(preferences).map(
      ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`,
    );
    writeFileSync(join(profile, "user.js"), lines.join(""));
    const env = { ...process.env, HOME: profile };
    const flags = ["--headless", "--no-remote", "--profile", profile, url];
    return session(versionOf(FIREFOX), profile, kept !== undefined, [start(FIREFOX, flags, { env })]);
  },
};

const miniBrowser = findMiniBrowser();

/** The small browser that comes with WebKitGTK. It has no headless mode, so it draws on a display in memory. */
export const webkit: Browser = {
  platform: "WebKitGTK",
  packages: "webkit2gtk-driver xvfb xauth fonts-dejavu-core",
  found: miniBrowser !== undefined && existsSync(XVFB),
  async open(url, kept) {
    const profile = kept ?? newProfile();
    const screen = ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"];
    const display = start(XVFB, screen, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    const number = await new Promise<string>((resolve, reject) => {
      display.stdio[3]!.once("data", (data) => resolve(String(data).trim()));
      display.once("exit", (status) => reject(new Error(`Xvfb ended with ${status}`)));
    });
    const env = {
      ...process.env,
      DISPLAY: `:${number}`,
      GDK_BACKEND: "x11",
      HOME: profile,
      XDG_RUNTIME_DIR: profile,
      XDG_CACHE_HOME: join(profile, "cache"),
      XDG_DATA_HOME: join(profile, "data"),
      XDG_CONFIG_HOME: join(profile, "config"),
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      NO_AT_BRIDGE: "1",
      GTK_A11Y: "none",
      GIO_USE_VFS: "local",
      GSETTINGS_BACKEND: "memory",
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
    };
    const flags = [
      `--proxy=http://${DEAD_PROXY.host}:${DEAD_PROXY.port}`,
      "--ignore-host=127.0.0.1",
      "--javascript-can-open-windows-automatically=true",
      url,
    ];
    return session(versionOf(miniBrowser!, env), profile, kept !== undefined, [
      start(miniBrowser!, flags, { env }),
      display,
    ]);
  },
};

function versionOf(program: string, env = process.env): string {
  const output = execFileSync(program, ["--version"], { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return /\d+(\.\d+)+/.exec(output)![0];
}

export const newProfile = () => mkdtempSync(join(tmpdir(), "permid64-browser-"));

function findMiniBrowser(): string | undefined {
  const lib = "/usr/lib";
  if (!existsSync(lib)) return undefined;
  const versions = ["webkitgtk-6.0", "webkit2gtk-4.1", "webkit2gtk-4.0"];
  const paths = readdirSync(lib).flatMap((triplet) =>
    versions.map((version) => join(lib, triplet, version, "MiniBrowser")),
  );
  return paths.find((path) => existsSync(path));
}

/** Starts a program as the leader of a process group, so that what it starts can be ended with it. */
function start(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "pipe"], ...options });
}

function session(version: string, profile: string, keep: boolean, children: readonly ChildProcess[]): Session {
  const exits = children.map(
    (child) =>
      new Promise<string>((resolve) =>
        child.once("exit", (code, signal) => resolve(`${child.spawnfile} ended with ${code ?? signal}`)),
      ),
  );
  let complaint = "";
  for (const child of children) {
    child.stderr!.on("data", (chunk) => {
      complaint = `${complaint}${chunk}`.slice(-2000);
    });
  }
  const ended = Promise.race(exits).then((exit) => {
    throw new Error(`${exit}: ${complaint}`);
  });
  ended.catch(() => {}); // Whoever waits for the browser is told by the promise itself.
  const endAll = () => {
    for (const { pid } of children) {
      try {
        process.kill(-pid!, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  };
  // The browser is not in our process group.
  const alone = endWithUs(endAll);
  return {
    version,
    ended,
    async close() {
      endAll();
      await Promise.all(exits);
      alone();
      if (!keep) rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
