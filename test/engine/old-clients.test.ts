import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { EngineOptions } from "../../src/engine/options.ts";
import type { Session } from "../../src/engine/session.ts";
import { type SessionSnapshot, snapshotSession } from "../../src/engine/snapshot.ts";
import type { WebSocketLike } from "../../src/platform.ts";
import { type Exchange, ask, engineUrl, openWebSocket } from "../memory/client.ts";
import { MemoryEngine, type Surroundings } from "../memory/engine.ts";

const rhythm = { pingInterval: 1000, pingTimeout: 400 };

function engine(options: EngineOptions = {}, surroundings: Surroundings = {}): MemoryEngine {
  return new MemoryEngine({ allowEIO3: true, ...options }, surroundings);
}

/** A polling session of revision 3; `form` are the parameters that all its requests have. */
async function poller(memory: MemoryEngine, form: Record<string, string> = {}) {
  const query = { EIO: "3", transport: "polling", ...form };
  const handshake = ask(memory, engineUrl(query));
  await memory.host.settle();
  assert.equal(handshake.status, 200);
  const { conn } = memory.last;
  const url = engineUrl({ ...query, sid: conn.id });
  return {
    handshake,
    sid: conn.id,
    async get(): Promise<Exchange> {
      const exchange = ask(memory, url);
      await memory.host.settle();
      return exchange;
    },
    async post(body: string | Uint8Array, type = "text/plain"): Promise<Exchange> {
      const exchange = ask(memory, url, { body, headers: { "content-type": type } });
      await memory.host.settle();
      return exchange;
    },
  };
}

async function webSocket(memory: MemoryEngine) {
  const ws = await openWebSocket(memory, { EIO: "3" });
  assert.match(String(ws.frames.shift()), /^0\{"sid":/);
  return ws;
}

function bodyOf({ reply }: Exchange): Uint8Array {
  const { body = "" } = reply!;
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

describe("Engine.IO 3", () => {
  test("is what a handshake without a revision speaks, too (W-1)", async () => {
    const memory = engine();
    for (const query of [{ EIO: "3" }, { EIO: "5" }, { EIO: "" }]) {
      const exchange = ask(memory, engineUrl({ transport: "polling", ...query }));
      await memory.host.settle();
      assert.match(exchange.body, /^\d+:0\{/);
      assert.equal(memory.last.conn.protocol, 3);
    }
    const bare = ask(memory, "/socket.io/?transport=polling");
    await memory.host.settle();
    assert.match(bare.body, /^\d+:0\{/);
  });

  test("does not mix with revision 4 in one session", async () => {
    const memory = engine();
    const { sid } = await poller(memory);
    const exchange = ask(memory, engineUrl({ transport: "polling", sid }));
    await memory.host.settle();
    assert.deepEqual([exchange.status, exchange.error], [400, { code: 3, message: "Bad request" }]);
    assert.equal(memory.last.end, undefined);
  });
});

describe("the heartbeat of Engine.IO 3 (W-43)", () => {
  test("is the client's: each ping is answered, and puts the end off", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    for (let beat = 0; beat < 5; beat++) {
      await memory.host.advance(1399);
      ws.send(beat % 2 === 0 ? "2" : "2probe");
      assert.deepEqual(ws.take(), ["3"]);
    }
    await memory.host.advance(1399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("counts pings alone, not other data", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    for (let n = 0; n < 14; n++) {
      ws.send("4data");
      await memory.host.advance(100);
    }
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("ends a client that falls silent after its upgrade", async () => {
    const memory = engine(rhythm);
    const client = await poller(memory);
    const ws = await openWebSocket(memory, { EIO: "3", sid: client.sid });
    ws.send("2probe");
    assert.deepEqual(ws.take(), ["3probe"]);
    ws.send("5");
    assert.equal(memory.last.conn.upgraded, true);
    await memory.host.advance(1400);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("forgives a standstill of the process", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    memory.host.stall(60_000);
    ws.send("2");
    await memory.host.settle();
    assert.equal(memory.last.end, undefined);
    assert.deepEqual(ws.take(), ["3"]);
  });

  test("counts from the GET that takes the pong along, as the client does", async () => {
    const memory = engine(rhythm);
    const client = await poller(memory);
    await memory.host.advance(1000);
    await client.post("1:2");
    memory.host.stall(900);
    const pong = await client.get();
    assert.equal(pong.body, "1:3");
    await memory.host.advance(1399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("does not count from any later GET", async () => {
    const memory = engine(rhythm);
    const client = await poller(memory);
    await client.post("1:2");
    await client.get();
    await memory.host.advance(1000);
    void client.get();
    await memory.host.advance(400);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("spares a client whose other data waits after a standstill: its ping may stand behind that", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    memory.host.stall(1401);
    ws.send("4data");
    await memory.host.advance(399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });
});

describe("events instead of the client's ping", () => {
  test("put the end off by one pingTimeout, even if each deadline finds one that waits", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    const start = memory.host.now();
    while (memory.last.end === undefined && memory.host.now() < start + 10_000) await waitWith(memory, 20, () => ws.send("4data"));
    assert.equal(memory.last.reason, "ping timeout");
    const lived = memory.host.now() - start;
    assert.ok(lived >= 1800 && lived <= 1840, String(lived));
  });

  test("put it off again where the process stood still meanwhile, and the ping still counts", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    await waitWith(memory, 1401, () => ws.send("4data"));
    for (let standstill = 0; standstill < 3; standstill++) await waitWith(memory, 401, () => ws.send("4data", "4more"));
    assert.equal(memory.last.end, undefined);
    ws.send("2");
    await memory.host.advance(1399);
    assert.equal(memory.last.end, undefined);
  });

  test("put it off anew after each ping", async () => {
    const memory = engine(rhythm);
    const ws = await webSocket(memory);
    for (let beat = 0; beat < 5; beat++) {
      await waitWith(memory, 1401, () => ws.send("4data"));
      for (let n = 0; n < 19; n++) await waitWith(memory, 20, () => ws.send("4data"));
      ws.send("2");
    }
    assert.equal(memory.last.end, undefined);
  });

  test("put it off no longer where the process sleeps between them", async () => {
    const changed = new Set<Session>();
    const save = (before?: SessionSnapshot): SessionSnapshot | undefined => {
      const [session] = changed;
      changed.clear();
      if (session === undefined) return before;
      return session.readyState === "open" ? structuredClone(snapshotSession(session)) : undefined;
    };
    let memory = engine(rhythm, { changed: (session) => changed.add(session) });
    await webSocket(memory);
    let saved = save();
    let sleeps = 0;
    for (; saved !== undefined && sleeps < 50; sleeps++) {
      const woke = memory.host.now() + 500;
      memory = engine(rhythm, { changed: (session) => changed.add(session) });
      memory.host.stall(woke - memory.host.now());
      const handler = memory.engine.restore(saved, unheard);
      await waitWith(memory, 0, () => handler.message("4data"));
      saved = save(saved);
    }
    assert.equal(sleeps, 7, "as long as four standstills could take");
  });
});

/** A WebSocket on which nobody listens. */
const unheard: WebSocketLike = { bufferedAmount: 0, send() {}, close() {}, terminate() {} };

/** Time passes, with the tick that is due; then comes input that has waited in the platform. */
async function waitWith(memory: MemoryEngine, milliseconds: number, input: () => void): Promise<void> {
  memory.host.stall(milliseconds);
  input();
  await memory.host.advance(0);
}

describe("polling of Engine.IO 3", () => {
  test("answers a waiting GET with a noop while the client goes over to a WebSocket", async () => {
    const memory = engine();
    const client = await poller(memory);
    const poll = await client.get();
    assert.equal(poll.isAnswered, false);
    const ws = await openWebSocket(memory, { EIO: "3", sid: client.sid });
    ws.send("2probe");
    await memory.host.settle();
    assert.equal(poll.body, "1:6");
  });

  test("a noop that comes late takes no time from a client that is not to ping yet", async () => {
    const memory = engine(rhythm);
    const client = await poller(memory);
    await client.get();
    const ws = await openWebSocket(memory, { EIO: "3", sid: client.sid });
    ws.send("2probe");
    await memory.host.settle();
    const poll = await client.get();
    memory.host.stall(800);
    await memory.host.advance(0);
    assert.equal(poll.body, "1:6");
    await memory.host.advance(599);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  for (const [name, form] of [["text", { b64: "1" }], ["bytes", {}], ["JSONP", { j: "0" }]] as const) {
    test(`keeps the bodies of replies within maxHttpBufferSize, and loses nothing: ${name}`, async () => {
      const limit = 300;
      const memory = engine({ maxHttpBufferSize: limit });
      const client = await poller(memory, form);
      for (let n = 0; n < 40; n++) memory.last.deliver(`é"${"\u2028".repeat(n % 7)}\\`, new Uint8Array(n));
      const sizes: number[] = [];
      let poll = await client.get();
      while (poll.isAnswered) {
        sizes.push(bodyOf(poll).length);
        poll = await client.get();
      }
      assert.ok(Math.max(...sizes) <= limit, String(sizes));
      assert.ok(sizes.slice(0, -1).every((size) => size > limit / 3), "bodies are filled");
    });
  }

  test("a lone packet may be longer than maxHttpBufferSize", async () => {
    const memory = engine({ maxHttpBufferSize: 100 });
    const client = await poller(memory, { b64: "1" });
    memory.last.deliver("x".repeat(500));
    memory.last.deliver("y");
    assert.equal((await client.get()).body, `501:4${"x".repeat(500)}`);
    assert.equal((await client.get()).body, "2:4y");
  });

  test("takes bytes and text in one session", async () => {
    const memory = engine();
    const client = await poller(memory);
    await client.post(Uint8Array.of(0, 3, 255, 0x34, 0xc3, 0xa9, 1, 2, 255, 4, 7), "application/octet-stream");
    await client.post("2:4é");
    assert.deepEqual(memory.last.messages.map((it) => (typeof it === "string" ? it : [...it])), ["é", [7], "é"]);
  });

  test("refuses bytes where a form is expected (H24)", async () => {
    const memory = engine();
    const client = await poller(memory, { j: "1" });
    assert.equal((await client.post(Uint8Array.of(0), "application/octet-stream")).status, 400);
    assert.equal(memory.last.description, "invalid content");
  });
});

describe("a session of Engine.IO 3 that sleeps", () => {
  test("goes on with its queue, bytes included, and with its deadline", async () => {
    const memory = engine(rhythm);
    await poller(memory, { b64: "1" });
    memory.last.deliver("a", Uint8Array.of(1, 2));
    memory.last.conn.sendControl("3");
    await memory.host.advance(1000);
    const snapshot = structuredClone(snapshotSession(memory.last.conn));
    assert.equal(snapshot.protocol, 3);

    const later = engine(rhythm);
    const { session } = later.engine.restore(snapshot);
    const poll = ask(later, engineUrl({ EIO: "3", transport: "polling", b64: "1", sid: session!.id }));
    await later.host.settle();
    assert.equal(poll.body, "2:4a6:b4AQI=1:3");
    assert.ok(session!.heartbeat.due - later.host.now() <= 1400);
  });
});
