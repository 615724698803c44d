/** Pages of old clients that poll by scripts and forms, in Chromium. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { Server, type ServerOptions } from "../../runtimes/node.ts";
import { ROOT, requireProgram } from "./program.ts";

const CHROMIUM = "/usr/bin/chromium";
const CLIENT = readFileSync(join(ROOT, "node_modules/socket.io-client-v2/dist/socket.io.js"), "utf8");

/** What a page tells of its connection to the server at `url`. */
const VISIT = (url: string): string => `new Promise((resolve) => {
  const socket = io(${JSON.stringify(url)}, { transports: ["polling"], forceJSONP: true, reconnection: false });
  socket.on("connect_error", () => resolve({ refused: true }));
  socket.on("greeting", (greeting) => {
    socket.emit("echo", "é \\u2028 \\\\n\\n", [1, { two: null }], (...answers) => {
      const scripts = document.querySelectorAll("script[src*='transport=polling']").length;
      socket.on("disconnect", (reason) => resolve({ greeting, answers, reason, scripts }));
      socket.emit("leave");
    });
  });
})`;

interface Told {
  readonly refused?: true;
  readonly greeting?: string;
  readonly answers?: unknown[];
  readonly reason?: string;
  /** Those of the transport. */
  readonly scripts?: number;
}

describe("JSONP in Chromium", () => {
  let browser: Browser;
  /** Pages of another host. To its neighbours Chromium brings the user's cookies. */
  let site: string;
  let pages: HttpServer;

  beforeAll(async () => {
    await requireProgram("Chromium", [CHROMIUM, "--version"], "chromium");
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
    pages = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    site = `http://pages.app.localhost:${await listen(pages)}`;
  });

  afterAll(async () => {
    await browser?.close();
    pages?.close();
  });

  test("a page of the same host speaks both ways, and hears why it ends", async () => {
    const url = await serve({});
    const { scripts, ...told } = await visit(url, url, { withCookie: true });
    assert.deepEqual(told, { greeting: "grüß dich \u2028", answers: ["é \u2028 \\n\n", [1, { two: null }]], reason: "io server disconnect" });
    assert.ok(scripts! > 0);
  });

  test("a page of another host is refused when it brings cookies", async () => {
    assert.deepEqual(await visit(site, await serve({}), { withCookie: true }), { refused: true });
    assert.deepEqual(await visit(site, await serve({}), { withCookie: true, hidesReferer: true }), { refused: true });
  });

  test("it is let in without them, or when `cors` or `origin` names it", async () => {
    assert.equal((await visit(site, await serve({}), { withCookie: false })).reason, "io server disconnect");
    for (const options of [{ cors: { origin: site } }, { origin: "any" }] as const) {
      assert.equal((await visit(site, await serve(options), { withCookie: true })).reason, "io server disconnect");
    }
  });

  /** Opens a page of `from` that connects to `to`. */
  async function visit(from: string, to: string, { withCookie, hidesReferer }: { withCookie: boolean; hidesReferer?: boolean }): Promise<Told> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    if (withCookie) await context.addCookies([{ name: "user", value: "ada", url: to }]);
    const page = await context.newPage();
    await page.goto(from);
    if (hidesReferer) await page.evaluate(`document.head.innerHTML = '<meta name="referrer" content="no-referrer">'`);
    await page.addScriptTag({ content: CLIENT });
    return page.evaluate(VISIT(to)) as Promise<Told>;
  }
});

/** A server that greets everybody. */
async function serve(options: Partial<ServerOptions>): Promise<string> {
  const http = createServer((_request, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
  const io = new Server(http, { allowEIO3: true, ...options });
  onTestFinished(() => io.close());
  io.on("connection", (socket) => {
    socket.emit("greeting", "grüß dich \u2028");
    socket.on("echo", (...args) => args.pop()(...args));
    socket.on("leave", () => socket.disconnect(true));
  });
  return `http://server.app.localhost:${await listen(http)}`;
}

async function listen(http: HttpServer): Promise<number> {
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return (http.address() as AddressInfo).port;
}
