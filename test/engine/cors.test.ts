import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { CorsOptions } from "../../src/engine/cors.ts";
import { type Exchange, ask, askUpgrade, connectPolling, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

const site = "https://site.example";
const foreign = "https://foreign.example";
const url = engineUrl({ transport: "polling" });

interface Row {
  readonly what: string;
  readonly origin: CorsOptions["origin"];
  readonly from: string | undefined;
  readonly allowOrigin: string | undefined;
  readonly vary: string | undefined;
}

const rows: readonly Row[] = [
  { what: "left out", origin: undefined, from: site, allowOrigin: "*", vary: undefined },
  { what: "*", origin: "*", from: site, allowOrigin: "*", vary: undefined },
  { what: "* and no origin is sent", origin: "*", from: undefined, allowOrigin: "*", vary: undefined },
  { what: "this one", origin: site, from: site, allowOrigin: site, vary: "Origin" },
  { what: "another one", origin: site, from: foreign, allowOrigin: undefined, vary: "Origin" },
  { what: "one and no origin is sent", origin: site, from: undefined, allowOrigin: site, vary: "Origin" },
  { what: "true", origin: true, from: site, allowOrigin: site, vary: "Origin" },
  { what: "false", origin: false, from: site, allowOrigin: undefined, vary: "Origin" },
  { what: "a list with this one", origin: [foreign, site], from: site, allowOrigin: site, vary: "Origin" },
  { what: "a list without this one", origin: [site], from: foreign, allowOrigin: undefined, vary: "Origin" },
  { what: "a pattern that fits", origin: /site/, from: site, allowOrigin: site, vary: "Origin" },
  { what: "a pattern that does not fit", origin: /site/, from: foreign, allowOrigin: undefined, vary: "Origin" },
  { what: "a list with a pattern that fits", origin: [/^https:\/\/site/], from: site, allowOrigin: site, vary: "Origin" },
  {
    what: "a function that says true",
    origin: (origin, callback) => callback(null, origin === site),
    from: site,
    allowOrigin: site,
    vary: "Origin",
  },
  { what: "a function that says another", origin: (_origin, callback) => callback(null, site), from: foreign, allowOrigin: undefined, vary: "Origin" },
];

function corsHeadersOf({ headers }: Exchange): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-") || name === "vary"));
}

describe("CORS headers (W-40)", () => {
  for (const { what, origin, from, allowOrigin, vary } of rows) {
    test(`Access-Control-Allow-Origin is ${allowOrigin ?? "absent"} for ${from ?? "no origin"} when cors.origin is ${what}`, async () => {
      // A foreign origin is refused a session; the headers are there all the same.
      const memory = new MemoryEngine({ cors: origin === undefined ? {} : { origin }, origin: "any" });
      const headers: Record<string, string> = from === undefined ? {} : { origin: from };
      const exchange = ask(memory, url, { headers });
      await memory.host.settle();
      assert.equal(exchange.headers["access-control-allow-origin"], allowOrigin);
      assert.equal(exchange.headers["vary"], vary);
    });
  }

  test("do not remember where a pattern with the flag g stopped", async () => {
    const memory = new MemoryEngine({ cors: { origin: /site/g } });
    for (let time = 0; time < 3; time++) {
      const exchange = ask(memory, url, { headers: { origin: site } });
      await memory.host.settle();
      assert.equal(exchange.headers["access-control-allow-origin"], site);
    }
  });

  test("are absent when there is no option cors", async () => {
    const memory = new MemoryEngine();
    const exchange = ask(memory, url, { headers: { origin: site } });
    await memory.host.settle();
    assert.deepEqual(corsHeadersOf(exchange), {});
  });

  for (const nothing of [undefined, null]) {
    test(`are absent, and foreign pages with cookies are refused, when cors.origin is given as ${nothing}`, async () => {
      const memory = new MemoryEngine({ cors: { origin: nothing, credentials: true } as unknown as CorsOptions });
      const exchanges = [{}, { cookie: "session=1" }].map((cookies) => ask(memory, url, { headers: { origin: foreign, ...cookies } }));
      await memory.host.settle();
      assert.deepEqual(exchanges.map((exchange) => [exchange.status, corsHeadersOf(exchange)]), [[200, {}], [403, {}]]);
    });
  }

  test("carry credentials and exposed headers when the options say so", async () => {
    const memory = new MemoryEngine({ cors: { origin: site, credentials: true, exposedHeaders: ["x-a", "x-b"] } });
    const exchange = ask(memory, url, { headers: { origin: site } });
    await memory.host.settle();
    assert.deepEqual(corsHeadersOf(exchange), {
      "access-control-allow-origin": site,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-a,x-b",
      vary: "Origin",
    });
  });

  test("are on every reply: errors, polls, POSTs, 405 and refusals", async () => {
    const memory = new MemoryEngine({ cors: { origin: site } });
    const headers = { origin: site };
    const client = await connectPolling(memory, { headers });
    memory.last.deliver("hi");
    const replies = [
      client.poll({ headers }),
      client.post("4hi", { headers }),
      client.ask({ method: "PUT", headers }),
      ask(memory, "/socket.io/", { headers }),
      ask(memory, `${url}&sid=unknown`, { headers }),
    ];
    await memory.host.settle();
    assert.deepEqual(replies.map(({ status }) => status), [200, 200, 405, 400, 400]);
    for (const reply of replies) assert.equal(reply.headers["access-control-allow-origin"], site);
  });

  test("are on a reply to a foreign origin too, without its name", async () => {
    const memory = new MemoryEngine({ cors: { origin: site } });
    const exchange = ask(memory, url, { headers: { origin: foreign } });
    await memory.host.settle();
    assert.equal(exchange.status, 403);
    assert.deepEqual(corsHeadersOf(exchange), { vary: "Origin" });
  });

  test("are on the 101 of a WebSocket", async () => {
    const memory = new MemoryEngine({ cors: { origin: site } });
    const ws = new MemoryWebSocket(memory.host);
    askUpgrade(memory, ws, {}, { headers: { origin: site } });
    await memory.host.settle();
    assert.equal(ws.headers["access-control-allow-origin"], site);
  });

  test("may be decided per request by a function", async () => {
    const memory = new MemoryEngine({
      cors: (request, callback) => callback(null, { origin: request.headers.get("x-tenant") === "a" ? site : false }),
      origin: "any",
    });
    for (const [tenant, allowOrigin] of [["a", site], ["b", undefined]] as const) {
      const exchange = ask(memory, url, { headers: { origin: site, "x-tenant": tenant } });
      await memory.host.settle();
      assert.equal(exchange.headers["access-control-allow-origin"], allowOrigin);
    }
  });
});

describe("a preflight (H43)", () => {
  const preflight = async (cors: CorsOptions, from = site, asked?: string): Promise<Exchange> => {
    const memory = new MemoryEngine({ cors });
    const headers = { origin: from, ...(asked === undefined ? {} : { "access-control-request-headers": asked }) };
    const exchange = ask(memory, url, { method: "OPTIONS", headers });
    await memory.host.settle();
    assert.equal(memory.refused.length, 0);
    return exchange;
  };

  test("gets 204 and all methods by default, and the headers that it asks for", async () => {
    const exchange = await preflight({ origin: site }, site, "x-token,content-type");
    assert.equal(exchange.status, 204);
    assert.equal(exchange.body, "");
    const { vary, ...headers } = corsHeadersOf(exchange);
    assert.deepEqual(headers, {
      "access-control-allow-origin": site,
      "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
      "access-control-allow-headers": "x-token,content-type",
    });
    assert.equal(vary, "Origin, Access-Control-Request-Headers");
  });

  test("gets what the options say", async () => {
    const cors: CorsOptions = {
      origin: "*",
      methods: ["GET", "POST"],
      allowedHeaders: ["x-token"],
      maxAge: 600,
      credentials: true,
      optionsSuccessStatus: 200,
    };
    const exchange = await preflight(cors, site, "x-other");
    assert.equal(exchange.status, 200);
    assert.deepEqual(corsHeadersOf(exchange), {
      "access-control-allow-origin": "*",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "GET,POST",
      "access-control-allow-headers": "x-token",
      "access-control-max-age": "600",
    });
  });

  test("gets 204 without the origin's name when it comes from a foreign one", async () => {
    const exchange = await preflight({ origin: site }, foreign);
    assert.equal(exchange.status, 204);
    assert.equal("access-control-allow-origin" in exchange.headers, false);
  });

  test("goes on to engine middlewares when preflightContinue is set", async () => {
    const memory = new MemoryEngine({ cors: { origin: site, preflightContinue: true } });
    memory.engine.use(() => new Response(null, { status: 299 }));
    const exchange = ask(memory, url, { method: "OPTIONS", headers: { origin: site } });
    await exchange.done;
    assert.equal(exchange.status, 299);
    assert.equal(exchange.headers["access-control-allow-origin"], site);
  });
});

describe("the warning at start (H45)", () => {
  test("comes when every origin may send its user's cookies, and then alone", () => {
    for (const [cors, warnings] of [
      [{ origin: true, credentials: true }, 1],
      [{ origin: true }, 0],
      [{ origin: "*", credentials: true }, 0],
      [{ origin: site, credentials: true }, 0],
      [undefined, 0],
    ] as const) {
      const io = new MemoryServer(cors === undefined ? {} : { cors });
      assert.equal(io.host.warnings.length, warnings, JSON.stringify(cors));
    }
  });
});
