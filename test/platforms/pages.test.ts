import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { Tour } from "./pages.ts";

test("a line that a killed browser was still sending is not logged, and ends nothing", async () => {
  let server!: URL;
  const tour = await Tour.start(async (url) => {
    server = new URL(url);
    void fetch(new URL("/report", url), { method: "POST", body: "[]" });
    return { version: "0", ended: new Promise<never>(() => {}), close: async () => {} };
  });
  try {
    await fetch(new URL("/log?of=page", server), { method: "POST", body: "whole" });
    const browser = connect(Number(server.port), server.hostname);
    browser.write("POST /log?of=page HTTP/1.1\r\nHost: page\r\nContent-Length: 100\r\n\r\ncut");
    await once(browser, "connect");
    await fetch(new URL("/log?of=page", server), { method: "POST", body: "whole" });
    browser.destroy();
    await fetch(new URL("/log?of=page", server), { method: "POST", body: "whole" });
    expect(tour.logs).toEqual(new Map([["page", "whole\nwhole\nwhole\n"]]));
  } finally {
    tour.send("/pages/start.html");
    await tour.end();
  }
});
