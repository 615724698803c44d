import assert from "node:assert/strict";
import { describe, test } from "#test";
import { ask, askUpgrade, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryRequest } from "../memory/request.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

const url = engineUrl({ transport: "polling" });

describe("use()", () => {
  test("adds middlewares that see every request, in order, with the platform's own", async () => {
    const memory = new MemoryEngine();
    const seen: string[] = [];
    memory.engine.use((request: MemoryRequest, next: () => void) => {
      assert.ok(request instanceof MemoryRequest);
      seen.push(`first ${request.method}`);
      next();
    });
    memory.engine.use(async (_request: MemoryRequest, next: () => void) => {
      await Promise.resolve();
      seen.push("second");
      next();
    });
    const client = await connectPolling(memory);
    await client.send("4hi");
    await client.upgrade();
    assert.deepEqual(seen, ["first GET", "second", "first POST", "second", "first GET", "second"]);
  });

  test("lets a middleware answer with a Response", async () => {
    const memory = new MemoryEngine();
    memory.engine.use((request: MemoryRequest, next: () => void) => {
      if (request.headers.get("x-blocked") === null) return next();
      return new Response("blocked", { status: 429, headers: { "x-by": "middleware" } });
    });
    const exchange = ask(memory, url, { headers: { "x-blocked": "1" } });
    await exchange.done;
    assert.equal(exchange.status, 429);
    assert.equal(exchange.body, "blocked");
    assert.equal(exchange.headers["x-by"], "middleware");
    assert.equal(memory.engine.clientsCount, 0);
    assert.equal(memory.refused.length, 0);
    await connectPolling(memory);
  });

  for (const [what, middleware] of [
    ["passes an error on", (_request: unknown, next: (error: Error) => void) => next(new Error("secret"))],
    ["throws", () => { throw new Error("secret"); }],
    ["rejects", () => Promise.reject(new Error("secret"))],
  ] as const) {
    test(`refuses with 400/3, and tells the app, when a middleware ${what} (W-11)`, async () => {
      const memory = new MemoryEngine();
      memory.engine.use(middleware);
      const polling = ask(memory, url);
      const webSocket = askUpgrade(memory, new MemoryWebSocket(memory.host));
      await memory.host.settle();
      assert.equal(polling.status, 400);
      assert.deepEqual(polling.error, { code: 3, message: "Bad request" });
      assert.equal(webSocket.status, 400);
      assert.equal(webSocket.body, "Bad request");
      assert.equal(memory.faults.length, 2);
      assert.equal((memory.faults[0]!.error as Error).message, "secret");
      assert.equal(memory.refused[0]!.context["name"], "MIDDLEWARE_FAILURE");
    });
  }

  test("refuses with 503 when a middleware never calls next (middlewareTimeout)", async () => {
    const memory = new MemoryEngine({ limits: { middlewareTimeout: 500 } });
    memory.engine.use(() => {});
    const exchange = ask(memory, url);
    await memory.host.advance(499);
    assert.equal(exchange.isAnswered, false);
    await memory.host.advance(1);
    assert.equal(exchange.status, 503);
  });

  test("calls no further middleware after one that has answered or failed", async () => {
    for (const first of [() => new Response("no"), () => { throw new Error("no"); }]) {
      const memory = new MemoryEngine();
      let called = false;
      memory.engine.use(first);
      memory.engine.use(() => (called = true));
      await ask(memory, url).done;
      assert.equal(called, false);
    }
  });

  test("means nothing more when a middleware calls next twice", async () => {
    const memory = new MemoryEngine();
    memory.engine.use((_request: unknown, next: (error?: Error) => void) => {
      next();
      next(new Error("twice"));
    });
    await connectPolling(memory);
    assert.equal(memory.engine.clientsCount, 1);
  });
});

describe("header events", () => {
  test("`initial_headers` comes with the handshake, `headers` with every reply, as Headers (§9, 7)", async () => {
    const memory = new MemoryEngine({ cookie: true });
    const seen: string[] = [];
    memory.engine.on("initial_headers", (headers: Headers, request: MemoryRequest) => {
      seen.push(`initial ${request.method} ${headers instanceof Headers}`);
      headers.set("x-first", "1");
      headers.append("set-cookie", "mine=1");
    });
    memory.engine.on("headers", (headers: Headers, request: MemoryRequest) => {
      seen.push(`every ${request.method} ${headers instanceof Headers}`);
      headers.set("x-every", "1");
      headers.delete("cache-control");
    });
    const handshake = ask(memory, url);
    await memory.host.settle();
    assert.deepEqual(seen.splice(0), ["initial GET true", "every GET true"]);
    assert.equal(handshake.headers["x-first"], "1");
    assert.equal(handshake.headers["x-every"], "1");
    assert.equal("cache-control" in handshake.headers, false);
    const cookies = handshake.headers["set-cookie"] as string[];
    assert.match(cookies[0]!, /^io=/);
    assert.equal(cookies[1], "mine=1");
    const refused = ask(memory, "/socket.io/");
    await memory.host.settle();
    assert.deepEqual(seen.splice(0), ["every GET true"]);
    assert.equal(refused.headers["x-every"], "1");
  });

  test("come with the 101 of a WebSocket: both for a handshake, `headers` for an upgrade", async () => {
    const memory = new MemoryEngine();
    memory.engine.on("initial_headers", (headers: Headers) => headers.set("x-first", "1"));
    memory.engine.on("headers", (headers: Headers) => headers.set("x-every", "1"));
    const direct = await connectWebSocket(memory);
    assert.equal(direct.headers["x-first"], "1");
    assert.equal(direct.headers["x-every"], "1");
    const upgrade = await (await connectPolling(memory)).probe();
    assert.equal("x-first" in upgrade.headers, false);
    assert.equal(upgrade.headers["x-every"], "1");
  });

  test("are contained when a listener fails", async () => {
    const memory = new MemoryEngine();
    for (const event of ["initial_headers", "headers", "connection"] as const) {
      memory.engine.on(event, () => {
        throw new Error(event);
      });
    }
    await connectPolling(memory);
    assert.deepEqual(memory.faults.map(({ event }) => event), ["initial_headers", "connection", "headers"]);
  });
});

describe("events of a connection", () => {
  test("tell of packets and data both ways (ENG-2)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    const { conn } = memory.last;
    const seen: unknown[] = [];
    conn.on("packet", (packet) => seen.push(["packet", packet]));
    conn.on("packetCreate", (packet) => seen.push(["packetCreate", packet]));
    conn.on("data", (data) => seen.push(["data", data]));
    conn.on("message", (data) => seen.push(["message", data]));
    conn.on("flush", () => seen.push("flush"));
    conn.on("drain", () => seen.push("drain"));
    conn.on("close", (...args: unknown[]) => seen.push(["close", ...args]));
    ws.send("4hi");
    conn.send("there");
    ws.close();
    assert.deepEqual(seen, [
      ["packet", { type: "message", data: "hi" }],
      ["data", "hi"],
      ["message", "hi"],
      ["packetCreate", { type: "message", data: "there" }],
      "flush",
      "drain",
      ["close", "transport close"],
    ]);
  });

  test("are contained when a listener fails, and the session goes on", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    for (const event of ["packet", "data", "packetCreate", "flush"] as const) {
      memory.last.conn.on(event, () => {
        throw new Error(event);
      });
    }
    ws.send("4hi");
    memory.last.deliver("there");
    assert.deepEqual(memory.faults.map(({ event }) => event), ["packet", "data", "packetCreate", "flush"]);
    assert.deepEqual(memory.last.messages, ["hi"]);
    assert.deepEqual(ws.take(), ["4there"]);
  });

  test("send() and write() take text and any bytes, and call back once the turn is over", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    const { conn } = memory.last;
    const buffer = new Uint8Array([0, 1, 2, 3]).buffer;
    let called = false;
    assert.equal(conn.send("a", {}, () => (called = true)), conn);
    assert.equal(conn.write(buffer), conn);
    conn.send(new DataView(buffer, 1, 2));
    conn.send(new Uint8Array(buffer, 2));
    assert.equal(called, false);
    await memory.host.endTurn();
    assert.equal(called, true);
    assert.deepEqual(ws.take(), ["4a", new Uint8Array([0, 1, 2, 3]), new Uint8Array([1, 2]), new Uint8Array([2, 3])]);
    conn.close();
    conn.send("late", {}, () => assert.fail("nothing is sent any more"));
    await memory.host.settle();
    assert.deepEqual(ws.take(), []);
  });
});
