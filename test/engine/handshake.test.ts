import assert from "node:assert/strict";
import { describe, test } from "#test";
import { resolveEngineOptions } from "../../src/engine/options.ts";
import { ask, askUpgrade, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryHost } from "../memory/host.ts";
import type { MemoryRequest } from "../memory/request.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

const handshakeUrl = engineUrl({ transport: "polling" });

async function shakeHands(memory: MemoryEngine, asking = {}) {
  const handshake = ask(memory, handshakeUrl, asking);
  await memory.host.settle();
  return handshake;
}

describe("the open packet", () => {
  test("carries its keys in the protocol's order when polling (W-2)", async () => {
    const memory = new MemoryEngine();
    const handshake = await shakeHands(memory);
    const { id } = memory.last.conn;
    assert.equal(
      handshake.body,
      `0{"sid":"${id}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`,
    );
    assert.deepEqual(handshake.headers, { "content-type": "text/plain; charset=UTF-8", "cache-control": "no-store" });
  });

  test("tells what the options say", async () => {
    const client = await connectPolling(new MemoryEngine({ pingInterval: 300, pingTimeout: 200, maxHttpBufferSize: 1234 }));
    assert.deepEqual(Object.values(client.open).slice(2), [300, 200, 1234]);
  });

  test("offers no upgrade when there is none (W-2)", async () => {
    assert.deepEqual((await connectWebSocket(new MemoryEngine())).open.upgrades, []);
    assert.deepEqual((await connectPolling(new MemoryEngine({ allowUpgrades: false }))).open.upgrades, []);
    assert.deepEqual((await connectPolling(new MemoryEngine({ transports: ["polling"] }))).open.upgrades, []);
  });

  test("is followed by the initial packet when the option is set", async () => {
    const memory = new MemoryEngine({ initialPacket: "hello" });
    const handshake = await shakeHands(memory);
    assert.match(handshake.body, /^0\{.*\}\x1e4hello$/u);
    assert.deepEqual((await connectWebSocket(memory)).take(), ["4hello"]);
  });

  test("is followed by an initial packet of bytes when the option holds bytes", async () => {
    const memory = new MemoryEngine({ initialPacket: new Uint8Array([1, 2, 3]) });
    assert.match((await shakeHands(memory)).body, /^0\{.*\}\x1ebAQID$/u);
    assert.deepEqual((await connectWebSocket(memory)).take(), [new Uint8Array([1, 2, 3])]);
  });
});

describe("generateId()", () => {
  test("makes 20 characters of the URL-safe alphabet, each time others (W-3)", async () => {
    const memory = new MemoryEngine();
    const ids = new Set<string>();
    for (let count = 0; count < 50; count++) ids.add((await connectPolling(memory)).sid);
    assert.equal(ids.size, 50);
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(memory.engine.clientsCount, 50);
  });

  test("takes its randomness from the host alone", async () => {
    const ids = [7, 7, 8].map(async (seed) => (await connectPolling(new MemoryEngine({}, { host: new MemoryHost({ seed }) }))).sid);
    const [first, same, other] = await Promise.all(ids);
    assert.equal(first, same);
    assert.notEqual(first, other);
  });

  test("uses each bit of 15 random bytes (G30)", async () => {
    for (let seed = 0; seed < 10; seed++) {
      const { sid } = await connectPolling(new MemoryEngine({}, { host: new MemoryHost({ seed }) }));
      const bytes = new MemoryHost({ seed }).random(15);
      assert.equal(sid, btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_"));
    }
  });

  test("may be the app's own, and asynchronous", async () => {
    const memory = new MemoryEngine();
    memory.engine.generateId = (request: MemoryRequest) => `id-of-${request.headers.get("user")}`;
    assert.equal((await connectPolling(memory, { headers: { user: "ann" } })).sid, "id-of-ann");
    memory.engine.generateId = async () => Promise.resolve("later");
    assert.equal((await connectPolling(memory)).sid, "later");
    assert.equal((await connectWebSocket(new MemoryEngine())).open.sid.length, 20);
  });

  for (const [what, generateId] of [
    ["throws", () => { throw new Error("no id"); }],
    ["rejects", () => Promise.reject(new Error("no id"))],
    ["gives the id of an open connection", () => "taken"],
    ["gives no text", () => 7 as unknown as string],
    ["resolves to no text", () => Promise.resolve(undefined as unknown as string)],
  ] as const) {
    test(`refuses with 400/3 when it ${what} (H42)`, async () => {
      const memory = new MemoryEngine();
      memory.engine.generateId = () => "taken";
      await connectPolling(memory);
      memory.engine.generateId = generateId;
      const handshake = await shakeHands(memory);
      assert.equal(handshake.status, 400);
      assert.deepEqual(handshake.error, { code: 3, message: "Bad request" });
      assert.equal(memory.engine.clientsCount, 1);
      assert.deepEqual(memory.faults.map(({ phase }) => phase), ["generateId"]);
      assert.equal(memory.refused[0]!.context["name"], "ID_GENERATION_ERROR");
    });
  }

  test("refuses one of two handshakes when both get the same id at once", async () => {
    const memory = new MemoryEngine();
    memory.engine.generateId = () => "same";
    const both = [ask(memory, handshakeUrl), ask(memory, handshakeUrl)];
    await memory.host.settle();
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 400]);
    assert.equal(memory.sessions.length, 1);
  });

  test("refuses with 503 when it does not answer in time", async () => {
    const memory = new MemoryEngine();
    memory.engine.generateId = () => new Promise(() => {});
    const handshake = ask(memory, handshakeUrl);
    await memory.host.advance(44_999);
    assert.equal(handshake.isAnswered, false);
    await memory.host.advance(1);
    assert.equal(handshake.status, 503);
    assert.equal(handshake.headers["retry-after"], "5");
  });
});

describe("a handshake", () => {
  test("makes no session when the client leaves while a middleware makes up its mind", async () => {
    const memory = new MemoryEngine();
    let goOn: (() => void) | undefined;
    memory.engine.use((_request: unknown, next: () => void) => void (goOn = next));
    for (const [leaves, sessions] of [[true, 0], [false, 1]] as const) {
      const handshake = ask(memory, engineUrl({ transport: "polling" }));
      await memory.host.settle();
      if (leaves) handshake.request.abort();
      goOn!();
      await memory.host.settle();
      assert.equal(memory.sessions.length, sessions);
    }
  });

  test("makes no session when the client leaves before it is let in", async () => {
    let letIn = (): void => {};
    const memory = new MemoryEngine({ allowRequest: (_request, callback) => (letIn = () => callback(null, true)) });
    const handshake = ask(memory, handshakeUrl);
    await memory.host.settle();
    handshake.request.abort();
    letIn();
    await memory.host.settle();
    assert.equal(memory.engine.clientsCount, 0);
    assert.ok(handshake.isAnswered);
  });

  test("makes no session when the engine closes before it is let in", async () => {
    let letIn = (): void => {};
    const memory = new MemoryEngine({ allowRequest: (_request, callback) => (letIn = () => callback(null, true)) });
    const handshake = ask(memory, handshakeUrl);
    await memory.host.settle();
    memory.engine.close();
    letIn();
    await memory.host.settle();
    assert.equal(handshake.status, 503);
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("makes no session when the engine closes before the platform has opened the WebSocket", async () => {
    const memory = new MemoryEngine();
    const ws = new MemoryWebSocket(memory.host, { opensLater: true });
    askUpgrade(memory, ws);
    await memory.host.endTurn();
    memory.engine.close();
    await memory.host.settle();
    assert.equal(memory.engine.clientsCount, 0);
    assert.ok(ws.ended !== undefined, "the WebSocket is closed");
  });

  test("is refused with 503 while the engine is closed, and served after open()", async () => {
    const memory = new MemoryEngine();
    memory.engine.close();
    assert.equal((await shakeHands(memory)).status, 503);
    memory.engine.open(resolveEngineOptions({ pingInterval: 1 }));
    assert.equal((await connectPolling(memory)).open.pingInterval, 1);
  });

  test("is refused with 503 and Retry-After when there is no room (maxUnauthenticated)", async () => {
    const memory = new MemoryEngine({}, { admits: () => memory.sessions.length < 2 });
    await connectPolling(memory);
    await connectWebSocket(memory);
    const polling = await shakeHands(memory);
    assert.equal(polling.status, 503);
    assert.equal(polling.headers["retry-after"], "5");
    const webSocket = askUpgrade(memory, new MemoryWebSocket(memory.host));
    await memory.host.settle();
    assert.equal(webSocket.status, 503);
    assert.equal(webSocket.body, "Server is busy");
  });

  test("is refused when the room is taken while it waits to be let in (maxUnauthenticated)", async () => {
    const waiting: (() => void)[] = [];
    const memory = new MemoryEngine(
      { allowRequest: (_request, callback) => waiting.push(() => callback(null, true)) },
      { admits: () => memory.sessions.length < 1 },
    );
    const both = [ask(memory, handshakeUrl), ask(memory, handshakeUrl)];
    await memory.host.settle();
    for (const letIn of waiting) letIn();
    await memory.host.settle();
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 503]);
  });

  test("makes no more sessions than there is room for where the platform opens WebSockets later (maxUnauthenticated)", async () => {
    const memory = new MemoryEngine({}, { admits: () => memory.sessions.length < 2 });
    const crowd = Array.from({ length: 5 }, () => new MemoryWebSocket(memory.host, { opensLater: true }));
    for (const ws of crowd) askUpgrade(memory, ws);
    await memory.host.settle();
    assert.equal(memory.sessions.length, 2);
    assert.deepEqual(crowd.map(({ ended }) => ended !== undefined), [false, false, true, true, true]);
    assert.deepEqual(memory.limitHits, ["maxUnauthenticated", "maxUnauthenticated", "maxUnauthenticated"]);
  });

  test("is told to `connection` listeners, and what they send is not lost", async () => {
    const memory = new MemoryEngine();
    memory.engine.on("connection", (conn) => {
      assert.equal(memory.engine.clients[conn.id], conn);
      conn.send("hi");
    });
    const client = await connectPolling(memory);
    assert.deepEqual(await client.receive(), ["4hi"]);
    assert.deepEqual((await connectWebSocket(memory)).take(), ["4hi"]);
  });

  test("puts conn among the `clients` by its id, until it ends", async () => {
    const memory = new MemoryEngine();
    const { engine, sessions } = memory;
    await connectPolling(memory);
    await connectWebSocket(memory);
    const [first, second] = sessions.map(({ conn }) => conn);
    assert.deepEqual(Object.keys(engine.clients), [first!.id, second!.id]);
    first!.close(true);
    assert.deepEqual({ ...engine.clients }, { [second!.id]: second });
    assert.equal(engine.clientsCount, 1);
    assert.equal("toString" in engine.clients, false);
  });

  test("gives conn the request, its address, its protocol and its transport", async () => {
    const memory = new MemoryEngine();
    await connectPolling(memory, { remoteAddress: "198.51.100.7" });
    const { conn } = memory.last;
    assert.equal((conn.request as MemoryRequest).method, "GET");
    assert.equal(conn.remoteAddress, "198.51.100.7");
    assert.equal(conn.protocol, 4);
    assert.equal(conn.readyState, "open");
    assert.equal(conn.transport.name, "polling");
    await connectWebSocket(memory);
    assert.equal(memory.last.conn.transport.name, "websocket");
    assert.equal(memory.last.conn.upgraded, false);
  });
});

interface Refused {
  readonly what: string;
  readonly method?: string;
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly code: number;
  readonly message: string;
  readonly status?: number;
  readonly context?: Record<string, unknown>;
}

const refusedHandshakes: readonly Refused[] = [
  { what: "the transport is missing (H01)", url: "/socket.io/?EIO=4", code: 0, message: "Transport unknown" },
  {
    what: "the transport is unknown (H02)",
    url: "/socket.io/?EIO=4&transport=foo",
    code: 0,
    message: "Transport unknown",
    context: { transport: "foo" },
  },
  { what: "the transport is inherited (H03)", url: "/socket.io/?EIO=4&transport=__proto__", code: 0, message: "Transport unknown" },
  {
    what: "the revision is 3 (H05)",
    url: "/socket.io/?EIO=3&transport=polling",
    code: 5,
    message: "Unsupported protocol version",
    context: { protocol: 3, received: "3" },
  },
  { what: "the revision is missing (W-1)", url: "/socket.io/?transport=polling", code: 5, message: "Unsupported protocol version" },
  { what: "the revision is 04 (H05)", url: "/socket.io/?EIO=04&transport=polling", code: 5, message: "Unsupported protocol version" },
  {
    what: "a parameter comes twice (H06)",
    url: "/socket.io/?EIO=4&EIO=4&transport=polling",
    code: 3,
    message: "Bad request",
    context: { name: "DUPLICATE_PARAMETER" },
  },
  { what: "the method is POST (H07)", method: "POST", url: handshakeUrl, code: 2, message: "Bad handshake method", context: { method: "POST" } },
  { what: "the method is OPTIONS and there is no cors (H08)", method: "OPTIONS", url: handshakeUrl, code: 2, message: "Bad handshake method" },
  {
    what: "a plain GET asks for websocket (H09)",
    url: "/socket.io/?EIO=4&transport=websocket",
    code: 3,
    message: "Bad request",
    context: { name: "TRANSPORT_HANDSHAKE_ERROR" },
  },
  { what: "the session is unknown (H10)", url: `${handshakeUrl}&sid=AAAAAAAAAAAAAAAAAAAA`, code: 1, message: "Session ID unknown" },
  { what: "the session is inherited (H11)", url: `${handshakeUrl}&sid=__proto__`, code: 1, message: "Session ID unknown", context: { sid: "__proto__" } },
  { what: "the session is empty (H12)", url: `${handshakeUrl}&sid=`, code: 1, message: "Session ID unknown" },
  { what: "the URL is too long, its origin left out (H14)", url: `http://a.example/${"x".repeat(16_384)}`, code: 3, message: "Bad request", status: 414 },
  { what: "the URL is too long (H14)", url: `${handshakeUrl}&x=${"x".repeat(16_384)}`, code: 3, message: "Bad request", status: 414 },
  {
    what: "there are too many parameters (H14)",
    url: `${handshakeUrl}${"&x=1".repeat(255)}`,
    code: 3,
    message: "Bad request",
    context: { name: "TOO_MANY_PARAMETERS" },
  },
  { what: "the target begins with two slashes (H33)", url: "//?EIO=4&transport=polling", code: 3, message: "Bad request" },
  {
    what: "the origin holds control characters (H34)",
    url: handshakeUrl,
    headers: { origin: "http://a\u0001b" },
    code: 3,
    message: "Bad request",
    context: { name: "INVALID_ORIGIN", origin: "http://a\u0001b" },
  },
];

describe("a refusal", () => {
  for (const { what, method = "GET", url, headers = {}, code, message, status = 400, context } of refusedHandshakes) {
    test(`is ${status}/${code} and tells connection_error when ${what}`, async () => {
      const memory = new MemoryEngine();
      const refused = ask(memory, url, { method, headers });
      await memory.host.settle();
      assert.equal(refused.status, status);
      assert.equal(refused.headers["content-type"], "application/json");
      assert.deepEqual(refused.error, { code, message });
      assert.equal(memory.engine.clientsCount, 0);
      assert.equal(memory.refused.length, 1);
      assert.equal(memory.refused[0]!.code, code);
      assert.equal(memory.refused[0]!.message, message);
      assert.equal(memory.refused[0]!.req, refused.request);
      if (context !== undefined) assert.deepEqual(memory.refused[0]!.context, context);
    });
  }

  test("is plain text, and comes before the 101, when a WebSocket asks (W-12)", async () => {
    const memory = new MemoryEngine();
    for (const [query, body] of [
      [{ transport: "polling" }, "Bad request"],
      [{ EIO: "3" }, "Unsupported protocol version"],
      [{ sid: "unknown" }, "Session ID unknown"],
      [{ transport: "foo" }, "Transport unknown"],
    ] as const) {
      const ws = new MemoryWebSocket(memory.host);
      const handshake = askUpgrade(memory, ws, query);
      await memory.host.settle();
      assert.equal(handshake.status, 400);
      assert.equal(handshake.headers["connection"], "close");
      assert.equal(handshake.body, body);
    }
    assert.equal(memory.refused.length, 4);
  });

  test("leaves what is at the limit alone (H13, H14, H15)", async () => {
    const memory = new MemoryEngine();
    const fitting = handshakeUrl + "&x=".padEnd(16_384 - handshakeUrl.length, "x");
    for (const url of [fitting, `http://a.example${fitting}`, handshakeUrl + "&x=1".repeat(254), `${handshakeUrl}&__proto__=x&a=%zz`]) {
      const handshake = ask(memory, url);
      await memory.host.settle();
      assert.equal(handshake.status, 200);
    }
  });
});

describe("the cookie", () => {
  const cookieOf = async (cookie: boolean | object, secure = false): Promise<unknown> => {
    const memory = new MemoryEngine({ cookie });
    memory.engine.generateId = () => "ID";
    return (await shakeHands(memory, { secure })).headers["set-cookie"];
  };

  test("is set by the handshake alone, with safe attributes, when the option is true (W-41, G29)", async () => {
    assert.equal(await cookieOf(true), "io=ID; Path=/; HttpOnly; SameSite=Lax");
    assert.equal(await cookieOf(true, true), "io=ID; Path=/; HttpOnly; Secure; SameSite=Lax");
    const memory = new MemoryEngine({ cookie: true });
    const client = await connectPolling(memory);
    memory.last.deliver("hi");
    const poll = client.poll();
    await memory.host.settle();
    assert.equal("set-cookie" in poll.headers, false);
  });

  test("carries every attribute that is given", async () => {
    const everything = {
      name: "route",
      path: "/app",
      domain: "app.example",
      maxAge: 60.7,
      expires: new Date(0),
      httpOnly: false,
      secure: true,
      partitioned: true,
      priority: "high",
      sameSite: "none",
    };
    assert.equal(
      await cookieOf(everything),
      "route=ID; Max-Age=60; Domain=app.example; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; Partitioned; Priority=High; SameSite=None",
    );
  });

  test("leaves out what is switched off", async () => {
    assert.equal(await cookieOf({ path: false, httpOnly: false, sameSite: false }), "io=ID");
    assert.equal(await cookieOf({ sameSite: true, secure: false }, true), "io=ID; Path=/; HttpOnly; SameSite=Strict");
    assert.equal(await cookieOf(false), undefined);
  });

  test("never stands in for the session id (G29)", async () => {
    const memory = new MemoryEngine({ cookie: true });
    const client = await connectPolling(memory);
    const again = await shakeHands(memory, { headers: { cookie: `io=${client.sid}` } });
    assert.match(again.body, /^0\{/);
    assert.equal(memory.engine.clientsCount, 2);
  });
});
