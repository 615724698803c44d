import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { EngineOptions } from "../../src/index.ts";
import { type Exchange, ask, askUpgrade, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

async function shakeHands(memory: MemoryEngine, query: Record<string, string> = {}): Promise<Exchange> {
  const exchange = ask(memory, engineUrl({ transport: "polling", ...query }));
  await memory.host.settle();
  return exchange;
}

describe("onHandshake() (G33)", () => {
  test("sees each handshake, and no other request", async () => {
    const seen: unknown[] = [];
    const memory = new MemoryEngine({
      onHandshake: ({ method, headers, remoteAddress }) => void seen.push([method, headers.get("host"), remoteAddress]),
    });
    const client = await connectPolling(memory);
    await connectWebSocket(memory);
    client.poll();
    await client.send("4hello");
    assert.deepEqual(seen, [["GET", "app.example", "192.0.2.1"], ["GET", "app.example", "192.0.2.1"]]);
  });

  test("ends the handshake with the Response it returns or resolves to, before any middleware", async () => {
    for (const isAsync of [false, true]) {
      const response = (): Response => new Response("slow down", { status: 429, headers: { "retry-after": "7" } });
      const memory = new MemoryEngine({ onHandshake: () => (isAsync ? Promise.resolve(response()) : response()) });
      memory.engine.use(() => assert.fail("the middleware ran"));
      const { status, body, headers } = await shakeHands(memory);
      assert.deepEqual([status, body, headers["retry-after"]], [429, "slow down", "7"]);
      assert.equal(memory.engine.clientsCount, 0);
    }
  });

  test("refuses with 403 and reports what is no Response: it may have been meant as a refusal", async () => {
    for (const [answer, shown] of [[false, "false"], [{ status: 401 }, "an object"], ["no", '"no"']] as const) {
      const memory = new MemoryEngine({ onHandshake: (() => answer) as never });
      assert.equal((await shakeHands(memory)).status, 403);
      assert.deepEqual(memory.faults.map(({ error }) => (error as Error).message), [`onHandshake must return a Response or nothing, got ${shown}`]);
    }
    const memory = new MemoryEngine({ onHandshake: (() => null) as never });
    await connectPolling(memory);
  });

  test("refuses with 403 and reports when it throws or rejects", async () => {
    for (const onHandshake of [() => { throw new Error("secret"); }, () => Promise.reject(new Error("secret"))]) {
      const memory = new MemoryEngine({ onHandshake });
      const { status, error } = await shakeHands(memory);
      assert.deepEqual([status, error], [403, { code: 4, message: "Forbidden" }]);
      assert.deepEqual(memory.faults.map(({ phase }) => phase), ["onHandshake"]);
    }
  });

  test("is given up after middlewareTimeout", async () => {
    const memory = new MemoryEngine({ onHandshake: () => new Promise(() => {}), limits: { middlewareTimeout: 100 } });
    const exchange = ask(memory, engineUrl({ transport: "polling" }));
    await memory.host.advance(100);
    assert.equal(exchange.status, 503);
    assert.deepEqual(memory.limitHits, ["middlewareTimeout"]);
  });

  test("does not see a handshake whose URL is too long or has too many parameters", async () => {
    const memory = new MemoryEngine({
      onHandshake: () => assert.fail("it was read"),
      limits: { maxUrlLength: 100, maxQueryParameters: 4 },
    });
    assert.equal((await shakeHands(memory, { long: "x".repeat(100) })).status, 414);
    assert.equal((await shakeHands(memory, { a: "1", b: "2", c: "3" })).status, 400);
  });
});

/** Binds a session to the value of a header. */
const byUser: EngineOptions = { bindSession: ({ headers }) => headers.get("user") ?? undefined };

describe("bindSession()", () => {
  test("refuses with 403 and reports what is neither a text nor a number: it would bind a session to nobody", async () => {
    for (const [owner, shown] of [[{ id: 5 }, "an object"], [true, "true"], [[1], "an array"]] as const) {
      const memory = new MemoryEngine({ bindSession: (() => owner) as never });
      assert.equal((await shakeHands(memory)).status, 403);
      assert.deepEqual(memory.faults.map(({ error }) => (error as Error).message), [`bindSession must return a text, got ${shown}`]);
    }
  });

  test("takes null for nobody in particular, and a number for a text", async () => {
    for (const owner of [null, 0]) {
      const memory = new MemoryEngine({ bindSession: (() => owner) as never });
      const client = await connectPolling(memory);
      await client.send("4hello");
      assert.equal(memory.engine.clientsCount, 1);
      assert.deepEqual(memory.faults, []);
    }
    let user = 1;
    const memory = new MemoryEngine({ bindSession: (() => user) as never });
    const client = await connectPolling(memory);
    user = 2;
    const stolen = ask(memory, engineUrl({ transport: "polling", sid: client.sid }));
    await memory.host.settle();
    assert.equal(stolen.status, 403);
  });

  for (const { what, bindSession } of [
    { what: "at once", bindSession: byUser.bindSession! },
    { what: "later", bindSession: (async (request) => byUser.bindSession!(request)) satisfies EngineOptions["bindSession"] },
  ]) {
    test(`lets only requests of the same user continue a session, answered ${what} (G31)`, async () => {
      const memory = new MemoryEngine({ bindSession });
      const client = await connectPolling(memory, { headers: { user: "ann" } });
      const stolen = [client.poll({ headers: { user: "eve" } }), client.poll(), client.post("4hi", { headers: { user: "eve" } })];
      await memory.host.settle();
      assert.deepEqual(stolen.map(({ status }) => status), [403, 403, 403]);
      assert.deepEqual(stolen[0]!.error, { code: 4, message: "Forbidden" });
      assert.deepEqual(memory.refused.map(({ context }) => context["name"]), Array(3).fill("SESSION_BINDING"));
      const own = client.post("4mine", { headers: { user: "ann" } });
      await memory.host.settle();
      assert.equal(own.status, 200);
      assert.deepEqual(memory.last.messages, ["mine"]);
    });
  }

  test("also holds for the upgrade to WebSocket, which is refused before it exists", async () => {
    const memory = new MemoryEngine(byUser);
    const client = await connectPolling(memory, { headers: { user: "ann" } });
    const theft = askUpgrade(memory, new MemoryWebSocket(memory.host), { sid: client.sid }, { headers: { user: "eve" } });
    await memory.host.settle();
    assert.equal(theft.status, 403);
    assert.equal(memory.last.conn.transport.name, "polling");
  });

  test("refuses and reports when it throws, at the handshake and later", async () => {
    let broken = false;
    const memory = new MemoryEngine({
      bindSession: () => {
        if (broken) throw new Error("secret");
        return "ann";
      },
    });
    const client = await connectPolling(memory);
    broken = true;
    const poll = client.poll();
    const exchange = await shakeHands(memory);
    assert.deepEqual([poll.status, exchange.status], [403, 403]);
    assert.deepEqual(memory.faults.map(({ phase }) => phase), ["bindSession", "bindSession"]);
  });
});
