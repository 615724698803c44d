import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { EngineOptions } from "../../src/engine/options.ts";
import { type Exchange, ask, askUpgrade, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryRequest } from "../memory/request.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

/** A handshake over each transport. The host is `app.example`. */
async function knock(options: EngineOptions, headers: Record<string, string> = {}): Promise<[Exchange, Exchange, MemoryEngine]> {
  const memory = new MemoryEngine(options);
  const polling = ask(memory, engineUrl({ transport: "polling" }), { headers });
  const webSocket = askUpgrade(memory, new MemoryWebSocket(memory.host), {}, { headers });
  await memory.host.settle();
  return [polling, webSocket, memory];
}

interface OriginRow {
  readonly options: EngineOptions;
  readonly origin?: string;
  readonly headers?: Record<string, string>;
  readonly allowed: boolean;
}

const cookie = { cookie: "session=1" };
const site = "https://site.example";
const named: EngineOptions = { cors: { origin: site } };

const originRows: readonly OriginRow[] = [
  // No Origin, or the host's own: always.
  { options: {}, allowed: true },
  { options: {}, headers: cookie, allowed: true },
  { options: { origin: "same" }, headers: cookie, allowed: true },
  { options: named, allowed: true },
  { options: { cors: { origin: false } }, allowed: true },
  { options: { origin: "same" }, origin: "http://app.example", allowed: true },
  { options: { origin: "same" }, origin: "https://app.example:8443", headers: { host: "app.example:80" }, allowed: true },
  { options: { origin: "same" }, origin: "https://APP.example", allowed: true },
  { options: { origin: "same" }, origin: "http://[::1]:3000", headers: { host: "[::1]:4000" }, allowed: true },
  { options: named, origin: "http://app.example", headers: cookie, allowed: true },
  // "auto" without cors: cookies make the difference.
  { options: {}, origin: site, allowed: true },
  { options: {}, origin: site, headers: cookie, allowed: false },
  { options: { origin: "auto" }, origin: site, headers: cookie, allowed: false },
  { options: {}, origin: "null", allowed: true },
  { options: {}, origin: "null", headers: cookie, allowed: false },
  { options: {}, origin: "http://evil-app.example", headers: cookie, allowed: false },
  { options: {}, origin: "http://app.example.evil", headers: cookie, allowed: false },
  { options: {}, origin: "app.example", headers: cookie, allowed: false },
  // "auto" with cors: its origin decides.
  { options: named, origin: site, headers: cookie, allowed: true },
  { options: named, origin: "https://evil.example", allowed: false },
  { options: named, origin: "null", allowed: false },
  { options: { cors: {} }, origin: site, headers: cookie, allowed: true },
  { options: { cors: { origin: "*" } }, origin: "null", allowed: true },
  { options: { cors: { origin: true } }, origin: site, allowed: true },
  { options: { cors: { origin: false } }, origin: site, allowed: false },
  { options: { cors: { origin: [/\.site\.example$/, site] } }, origin: "https://a.site.example", allowed: true },
  { options: { cors: { origin: [/\.site\.example$/, site] } }, origin: site, allowed: true },
  { options: { cors: { origin: [/\.site\.example$/, site] } }, origin: "https://evil.example", allowed: false },
  { options: { cors: { origin: (origin, callback) => callback(null, origin === site) } }, origin: site, allowed: true },
  { options: { cors: { origin: (origin, callback) => callback(null, origin === site) } }, origin: "https://b.example", allowed: false },
  { options: { cors: (_request, callback) => callback(null, { origin: site }) }, origin: site, allowed: true },
  { options: { cors: (_request, callback) => callback(null, { origin: site }) }, origin: "https://b.example", allowed: false },
  // The option origin wins over cors.
  { options: { ...named, origin: "any" }, origin: "https://evil.example", headers: cookie, allowed: true },
  { options: { ...named, origin: "same" }, origin: site, allowed: false },
  { options: { origin: "same" }, origin: "null", headers: { host: "null" }, allowed: false },
  { options: { origin: site }, origin: site, headers: cookie, allowed: true },
  { options: { origin: site }, origin: "https://site.example.evil", allowed: false },
  { options: { origin: [site, /^https:\/\/b\./] }, origin: "https://b.example", allowed: true },
  { options: { origin: (origin, callback) => callback(null, origin === site) }, origin: site, allowed: true },
  { options: { origin: (origin, callback) => callback(null, origin === site) }, origin: "https://b.example", allowed: false },
];

describe("the decision about an origin (G28, H44, W32)", () => {
  for (const { options, origin, headers = {}, allowed } of originRows) {
    const from = `${origin ?? "no origin"}${"cookie" in headers ? " with cookies" : ""}`;
    test(`${allowed ? "lets in" : "refuses"} ${from} when the options are ${describeOptions(options)}`, async () => {
      const [polling, webSocket, memory] = await knock(options, { ...headers, ...(origin === undefined ? {} : { origin }) });
      assert.equal(polling.status, allowed ? 200 : 403);
      assert.equal(webSocket.status, allowed ? 101 : 403);
      assert.equal(memory.engine.clientsCount, allowed ? 2 : 0);
      if (allowed) return;
      const { code, message } = polling.error as { code: number; message: string };
      assert.equal(code, 4);
      assert.match(message, /cors|option origin|options.*origin/);
      assert.equal(webSocket.body, message);
      assert.deepEqual(memory.refused.map((it) => it.message), ["Forbidden", "Forbidden"]);
    });
  }

  // Browsers send no Origin with a script, and pages of any site may load one.
  for (const [what, headers, status] of [
    ["of the same host", { referer: "http://app.example/page", "sec-fetch-site": "same-origin" }, 200],
    ["of the same host on another port", { referer: "http://app.example:3000/", "sec-fetch-site": "same-site" }, 200],
    ["of the same origin that hides it", { "sec-fetch-site": "same-origin" }, 200],
    ["of an unknown page, in an old browser", {}, 200],
    ["of another host", { referer: "https://evil.example/app.example" }, 403],
    ["of another site that hides it", { "sec-fetch-site": "cross-site" }, 403],
    ["of a neighbour that hides it", { "sec-fetch-site": "same-site" }, 403],
    ["of a page whose address is none", { referer: "about:client" }, 403],
    ["of a page whose address is no URL", { referer: "evil" }, 403],
  ] as const) {
    test(`${status === 200 ? "lets in" : "refuses"} a JSONP handshake ${what}`, async () => {
      const knockOn = async (options: EngineOptions, brought: Record<string, string>): Promise<number | undefined> => {
        const memory = new MemoryEngine({ allowEIO3: true, ...options });
        const handshake = ask(memory, engineUrl({ EIO: "3", transport: "polling", j: "0" }), { headers: { ...headers, ...brought } });
        await memory.host.settle();
        return handshake.status;
      };
      assert.equal(await knockOn({}, cookie), status);
      assert.equal(await knockOn({}, {}), 200, "without cookies");
      assert.equal(await knockOn({ origin: "any" }, cookie), 200);
      assert.equal(await knockOn({ origin: "same" }, {}), status);
      assert.equal(await knockOn(named, {}), status, "where cors.origin names another");
      assert.equal(await knockOn({ cors: { origin: [site, "https://evil.example", "null"] } }, cookie), 200);
    });
  }

  test("is not asked again once a session is there", async () => {
    const memory = new MemoryEngine(named);
    const client = await connectPolling(memory);
    const post = client.post("4hi", { headers: { origin: "https://evil.example", ...cookie } });
    await memory.host.settle();
    assert.equal(post.status, 200);
  });

  test("is refused with 400 and reported when the app's function fails", async () => {
    const error = new Error("no idea");
    for (const cors of [
      { origin: (_origin: unknown, callback: (error: Error) => void) => callback(error) },
      { origin: () => { throw error; } },
      (_request: unknown, callback: (error: Error) => void) => callback(error),
    ]) {
      const [polling, , memory] = await knock({ cors: cors as never }, { origin: site });
      assert.equal(polling.status, 400);
      assert.equal(memory.faults[0]!.error, error);
      assert.equal(memory.engine.clientsCount, 0);
    }
  });

  test("is refused with 503 when the app's function never answers (G12)", async () => {
    for (const options of [
      { cors: { origin: () => {} } },
      { cors: () => {} },
      { origin: () => {} },
    ] as EngineOptions[]) {
      const memory = new MemoryEngine(options);
      const polling = ask(memory, engineUrl({ transport: "polling" }), { headers: { origin: site } });
      await memory.host.advance(45_000);
      assert.ok(polling.isAnswered, `answered with ${describeOptions(options)}`);
      assert.equal(polling.status, 503);
    }
  });
});

interface AllowRow {
  readonly what: string;
  readonly allowRequest: NonNullable<EngineOptions["allowRequest"]>;
  readonly status: number;
  readonly message?: string;
  /** Whether the app is told of a fault of its own. */
  readonly faulted?: boolean;
}

const allowRows: readonly AllowRow[] = [
  { what: "calls back with true", allowRequest: (_request, callback) => callback(null, true), status: 200 },
  { what: "calls back later", allowRequest: (_request, callback) => queueMicrotask(() => callback(null, true)), status: 200 },
  { what: "calls back with false", allowRequest: (_request, callback) => callback(null, false), status: 403, message: "Forbidden" },
  { what: "calls back with a text", allowRequest: (_request, callback) => callback("not today", false), status: 403, message: "not today" },
  { what: "calls back with an undefined text", allowRequest: (_request, callback) => callback(undefined, false), status: 403, message: "Forbidden" },
  {
    what: "calls back twice",
    allowRequest: (_request, callback) => {
      callback("no", false);
      callback(null, true);
    },
    status: 403,
    message: "no",
  },
  { what: "returns true", allowRequest: () => true, status: 200 },
  { what: "returns false", allowRequest: () => false, status: 403, message: "Forbidden" },
  { what: "resolves to true", allowRequest: async () => Promise.resolve(true), status: 200 },
  { what: "resolves to false", allowRequest: async () => Promise.resolve(false), status: 403, message: "Forbidden" },
  {
    what: "is async and calls back",
    allowRequest: async (_request, callback) => {
      await Promise.resolve();
      callback(null, true);
    },
    status: 200,
  },
  { what: "throws", allowRequest: () => { throw new Error("secret"); }, status: 403, message: "Forbidden", faulted: true },
  { what: "rejects", allowRequest: () => Promise.reject(new Error("secret")), status: 403, message: "Forbidden", faulted: true },
];

describe("allowRequest()", () => {
  for (const { what, allowRequest, status, message, faulted = false } of allowRows) {
    test(`gives ${status} when it ${what} (H39, H40, W29)`, async () => {
      const [polling, webSocket, memory] = await knock({ allowRequest });
      assert.equal(polling.status, status);
      assert.equal(webSocket.status, status === 200 ? 101 : status);
      assert.equal(memory.engine.clientsCount, status === 200 ? 2 : 0);
      assert.deepEqual(memory.faults.map(({ phase }) => phase), faulted ? ["allowRequest", "allowRequest"] : []);
      if (message === undefined) return;
      assert.deepEqual(polling.error, { code: 4, message });
      assert.equal(webSocket.body, message);
      assert.deepEqual(memory.refused.map((it) => [it.code, it.message]), [[4, "Forbidden"], [4, "Forbidden"]]);
    });
  }

  for (const asPromise of [false, true]) {
    test(`sends the Response that it ${asPromise ? "resolves to" : "returns"}`, async () => {
      const headers = new Headers({ "x-why": "closed" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      const make = (): Response => new Response("come back tomorrow", { status: 418, headers });
      const memory = new MemoryEngine({ allowRequest: () => (asPromise ? Promise.resolve(make()) : make()) });
      const exchange = ask(memory, engineUrl({ transport: "polling" }));
      await exchange.done;
      assert.equal(exchange.status, 418);
      assert.equal(exchange.body, "come back tomorrow");
      assert.equal(exchange.headers["x-why"], "closed");
      assert.deepEqual(exchange.headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(memory.engine.clientsCount, 0);
    });
  }

  test("gives 503 and Retry-After when it never answers (H41)", async () => {
    const memory = new MemoryEngine({ allowRequest: () => {}, limits: { middlewareTimeout: 1000 } });
    const polling = ask(memory, engineUrl({ transport: "polling" }));
    const webSocket = askUpgrade(memory, new MemoryWebSocket(memory.host));
    await memory.host.advance(999);
    assert.equal(polling.isAnswered, false);
    await memory.host.advance(1);
    for (const { status, headers } of [polling, webSocket]) {
      assert.equal(status, 503);
      assert.equal(headers["retry-after"], "5");
    }
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("changes nothing when it answers too late", async () => {
    let letIn = (): void => {};
    const memory = new MemoryEngine({ allowRequest: (_request, callback) => (letIn = () => callback(null, true)) });
    const polling = ask(memory, engineUrl({ transport: "polling" }));
    await memory.host.advance(45_000);
    letIn();
    await memory.host.settle();
    assert.equal(polling.status, 503);
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("leaves no timer behind when it has answered", async () => {
    const [, , memory] = await knock({ allowRequest: () => false });
    assert.equal(await memory.nextTimer(), Infinity);
  });

  test("is asked about handshakes alone, with the platform's request", async () => {
    const asked: unknown[] = [];
    const memory = new MemoryEngine({ allowRequest: (request) => asked.push(request) > 0 });
    const client = await connectPolling(memory);
    await client.send("4hi");
    await client.upgrade();
    await connectWebSocket(memory);
    assert.equal(asked.length, 2);
    assert.ok(asked[0] instanceof MemoryRequest);
  });

  test("is not asked about an origin that is refused", async () => {
    const asked: unknown[] = [];
    await knock({ origin: "same", allowRequest: (request) => asked.push(request) > 0 }, { origin: site });
    assert.deepEqual(asked, []);
  });
});

describe("maxUnauthenticated", () => {
  test("counts connections that have joined no namespace, and no others", async () => {
    const io = new MemoryServer({ limits: { maxUnauthenticated: 2 } });
    const tryOne = async (): Promise<number> => {
      const exchange = ask(io, engineUrl({ transport: "polling" }));
      await io.host.settle();
      return exchange.status;
    };
    const first = await connectWebSocket(io);
    const second = await connectWebSocket(io);
    assert.equal(await tryOne(), 503);
    first.send("40");
    await io.host.settle();
    assert.equal(await tryOne(), 200, "one has joined");
    assert.equal(await tryOne(), 503);
    second.close();
    assert.equal(await tryOne(), 200, "one has left");
    assert.equal(await tryOne(), 503);
    first.send("41");
    first.close();
    await io.host.settle();
    assert.equal(await tryOne(), 503, "the one that had joined is not counted twice when it leaves");
  });
});

function describeOptions({ cors, origin }: EngineOptions): string {
  const show = (value: unknown): unknown => (value instanceof RegExp || typeof value === "function" ? String(value) : value);
  return JSON.stringify({ cors, origin }, (_key, value) => show(value));
}
