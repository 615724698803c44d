/** Listeners that act on what they are told of, answers of unusual shapes, and options at their ends. */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import { CoreEngine, type CoreEngineOptions } from "../../src/engine/core-engine.ts";
import { serializeCookie } from "../../src/engine/cookie.ts";
import { resolveLimits } from "../../src/engine/limits.ts";
import { extractAttachments } from "../../src/wire/attachments.ts";
import { JsonDecoder } from "../../src/wire/json-decoder.ts";
import { ask, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryHost } from "../memory/host.ts";

const HANDSHAKE = "http://localhost/engine.io/?EIO=4&transport=polling";

function core(options: CoreEngineOptions): CoreEngine {
  return new CoreEngine(options, { host: new MemoryHost() });
}

async function withWebSocket(options: CoreEngineOptions) {
  const memory = new MemoryEngine(options);
  const ws = await connectWebSocket(memory);
  return { ws, engine: memory.engine, host: memory.host, conn: memory.last.conn };
}

describe("an address", () => {
  test("is told whatever the query looks like", async () => {
    const seen: string[] = [];
    const engine = core({ onHandshake: ({ remoteAddress }) => void seen.push(remoteAddress) });
    await engine.fetch(new Request(`${HANDSHAKE}&x=?sid=1`), { remoteAddress: "192.0.2.1" });
    assert.deepEqual(seen, ["192.0.2.1"]);
  });

  test("is told of every request, so that a session may be bound to it", async () => {
    const engine = core({ bindSession: ({ remoteAddress }) => remoteAddress });
    const handshake = await engine.fetch(new Request(HANDSHAKE), { remoteAddress: "192.0.2.1" });
    const { sid } = JSON.parse((await handshake.text()).slice(1)) as { sid: string };
    const post = async (remoteAddress: string): Promise<number> => {
      return (await engine.fetch(new Request(`${HANDSHAKE}&sid=${sid}`, { method: "POST", body: "4hi" }), { remoteAddress })).status;
    };
    assert.deepEqual([await post("192.0.2.1"), await post("192.0.2.2")], [200, 403]);
  });
});

describe("a Response of the app", () => {
  const answer = (response: () => Response, headers: Record<string, string> = {}): Promise<Response> => {
    return core({ onHandshake: response }).fetch(new Request(HANDSHAKE, { headers }));
  };

  test("may have no body, with a status that allows none", async () => {
    assert.equal((await answer(() => new Response(null, { status: 204 }))).status, 204);
  });

  test("that is compressed is not compressed again", async () => {
    const response = await answer(() => new Response(new Uint8Array(2000), { headers: { "content-encoding": "br" } }), { "accept-encoding": "gzip" });
    assert.deepEqual([response.headers.get("content-encoding"), (await response.arrayBuffer()).byteLength], ["br", 2000]);
  });

  test("has the length that it has", async () => {
    const response = await answer(() => new Response("x".repeat(2000), { headers: { "content-length": "2000" } }), { "accept-encoding": "gzip" });
    const { byteLength } = await response.arrayBuffer();
    assert.equal(Number(response.headers.get("content-length") ?? byteLength), byteLength);
  });

  test("keeps what it varies by, and so does what the server adds", async () => {
    const engine = core({ cors: { origin: ["http://a.test"] }, onHandshake: () => new Response("no", { headers: { vary: "Cookie, origin" } }) });
    const response = await engine.fetch(new Request(HANDSHAKE, { headers: { origin: "http://a.test" } }));
    assert.equal(response.headers.get("vary"), "Origin, Cookie, origin");
  });

  test("whose body does not end is not waited for", async () => {
    const memory = new MemoryEngine({ onHandshake: () => new Response(new ReadableStream({})), limits: { middlewareTimeout: 100 } });
    const exchange = ask(memory, engineUrl({ transport: "polling" }));
    await memory.host.settle();
    await memory.host.advance(1000);
    assert.equal(exchange.isAnswered, true);
  });
});

describe("a listener that acts on its connection", () => {
  test("may close what is just being closed", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const { conn } = memory.last;
    client.poll();
    await memory.host.settle();
    conn.on("drain", () => void conn.close());
    conn.send("x");
    conn.close();
    await memory.host.settle();
    assert.notEqual(conn.readyState, "open");
  });

  test("may send each time something was taken, and the others have their turn", async () => {
    const memory = new MemoryEngine();
    await connectWebSocket(memory);
    const { conn } = memory.last;
    let left = 20_000;
    conn.on("drain", () => {
      if (left-- > 0) conn.send("chunk");
    });
    conn.send("first");
    assert.ok(left > 19_000, "all in one turn");
    await memory.host.settle();
    assert.deepEqual([left, memory.faults], [-1, []]);
  });

  test("that closes it at a packet hears no message, and nobody does", async () => {
    const memory = new MemoryEngine({ pingInterval: 1000, pingTimeout: 500 });
    const ws = await connectWebSocket(memory);
    const { conn } = memory.last;
    conn.on("packet", () => void conn.close(true));
    ws.send("4hello");
    assert.deepEqual([memory.last.late, conn.heartbeat.queue], [[], undefined]);
  });

  test("that closes it at a message hears that message whole, and nothing after it", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    const { conn } = memory.last;
    const heard: string[] = [];
    conn.on("data", () => void conn.close(true));
    conn.on("message", (message) => heard.push(message as string));
    ws.send("4last", "4late");
    assert.deepEqual(heard, ["last"]);
  });

  test("may send each time something was taken: one more message per turn, however many are sent besides", async () => {
    const memory = new MemoryEngine();
    await connectWebSocket(memory);
    const { conn } = memory.last;
    let left = 3000;
    let [most, now] = [0, 0];
    conn.on("drain", () => {
      if (left-- <= 0) return;
      now++;
      conn.send("chunk");
    });
    const nextTurn = (): void => {
      [most, now] = [Math.max(most, now), 0];
      if (left > 0) memory.host.defer(nextTurn);
    };
    for (let events = 0; events < 50; events++) conn.send("event");
    now = 0;
    memory.host.defer(nextTurn);
    await memory.host.settle();
    assert.ok(most <= 2, `${most} in one turn`);
  });

  test("may send to a client that is just being ended for what waits for it", async () => {
    const memory = new MemoryEngine({ limits: { maxBufferedBytes: 1000 } });
    const ws = await connectWebSocket(memory);
    ws.reads = false;
    let calls = 0;
    memory.limitHit = () => {
      calls += 1;
      memory.last.deliver("x".repeat(900));
    };
    for (let times = 0; times < 2; times++) memory.last.deliver("x".repeat(900));
    assert.equal(calls, 1);
  });

  test("may close the engine while a connection opens", async () => {
    const memory = new MemoryEngine();
    memory.engine.on("initial_headers", () => void memory.engine.close());
    const exchange = ask(memory, engineUrl({ transport: "polling" }));
    await memory.host.settle();
    assert.deepEqual([exchange.status, memory.engine.clientsCount], [503, 0]);
  });
});

describe("what waits for a client", () => {
  test("counts whole, also what is held back, for the limit of all together", async () => {
    const limits = { highWaterMark: 500, maxBufferedBytes: 100_000, maxTotalBufferedBytes: 20_000 };
    const memory = new MemoryEngine({ slowConsumer: "drop-oldest", limits });
    for (let clients = 0; clients < 4; clients++) {
      const ws = await connectWebSocket(memory);
      ws.reads = false;
      for (let messages = 0; messages < 8; messages++) memory.last.deliver("x".repeat(1000));
      memory.last.conn.sendControl("2");
    }
    const held = memory.sessions.filter(({ end }) => end === undefined).reduce((sum, { conn }) => sum + conn.bufferedBytes, 0);
    assert.ok(held <= 20_000, `${held} bytes`);
  });

  test("is looked at again where the platform does not tell that there is less of it", async () => {
    const memory = new MemoryEngine({ limits: { highWaterMark: 100 } });
    const ws = await connectWebSocket(memory);
    ws.reads = false;
    let calls = 0;
    memory.last.conn.send("x".repeat(200), () => void calls++);
    await memory.host.advance(1000);
    assert.equal(calls, 0);
    ws.bufferedAmount = 0;
    await memory.host.advance(1000);
    assert.equal(calls, 1);
  });

  test("is looked at by one timer, however often it fills up", async () => {
    const { engine, host, ...memory } = await withWebSocket({ limits: { highWaterMark: 100 } });
    let looks = 0;
    const after = engine.schedule.after.bind(engine.schedule);
    engine.schedule.after = (delay, fire) => {
      looks++;
      return after(delay, fire);
    };
    for (let times = 0; times < 500; times++) {
      memory.ws.bufferedAmount = 100;
      memory.conn.send("a", () => {});
      if (times < 499) memory.ws.drain();
    }
    await host.advance(1);
    looks = 0;
    await host.advance(100);
    assert.ok(looks <= 1, `${looks} looks in 100 ms`);
  });

  test("is looked at also once a WebSocket carries it", async () => {
    const memory = new MemoryEngine({ limits: { highWaterMark: 100 } });
    const client = await connectPolling(memory);
    const { conn } = memory.last;
    let calls = 0;
    client.poll();
    await memory.host.settle();
    const ws = await client.probe();
    ws.send("2probe");
    await memory.host.settle();
    conn.send("x".repeat(200), () => void calls++);
    await memory.host.settle();
    ws.reads = false;
    ws.send("5");
    await memory.host.settle();
    assert.deepEqual([calls, ws.bufferedAmount > 100], [0, true]);
    ws.reads = true;
    ws.bufferedAmount = 0;
    await memory.host.advance(1000);
    assert.equal(calls, 1);
  });

  test("is not said to be sent where sending it ends the connection", async () => {
    const memory = await withWebSocket({ limits: { maxBufferedBytes: 1000 } });
    memory.ws.reads = false;
    let calls = 0;
    memory.conn.send("x".repeat(900));
    memory.conn.send("y".repeat(900), () => void calls++);
    await memory.host.settle();
    assert.deepEqual([memory.conn.readyState, calls], ["closed", 0]);
  });
});

describe("options at their ends", () => {
  test("limits of 0 that would stop everything are 1", async () => {
    const memory = new MemoryEngine({ slowConsumer: "drop-oldest", limits: { maxPacketsPerTurn: 0, highWaterMark: 0 } });
    const ws = await connectWebSocket(memory);
    ws.send("4x");
    memory.last.deliver("hello");
    await memory.host.settle();
    assert.deepEqual([memory.last.messages, ws.take()], [["x"], ["4hello"]]);
  });

  test("nesting has an end, and attachments are whole", () => {
    const decoder = new JsonDecoder(resolveLimits({ maxDepth: Infinity }, 1e6), (bytes) => bytes);
    decoder.receive(`51-["a",{"_placeholder":true,"num":0},${"[".repeat(100_000)}${"]".repeat(100_000)}]`);
    decoder.receive(Uint8Array.of(1));
    const bytes = Uint8Array.of(1);
    assert.throws(() => extractAttachments([bytes, bytes, bytes], resolveLimits({ maxAttachments: 1.5 }, 1e6)));
  });

  test("heartbeats of 0 and of Infinity are numbers that clients' timers take", async () => {
    const host = Object.assign(new MemoryHost(), { sleeps: true });
    const memory = new MemoryEngine({ pingInterval: 0, pingTimeout: Infinity }, { host });
    const ws = await connectWebSocket(memory);
    assert.equal(ws.open.pingTimeout, 2 ** 30 - 1);
    const fired: number[] = [];
    for (const time of [100, 200]) memory.schedule.after(time, () => void fired.push(time));
    await host.advance(1000);
    assert.deepEqual(fired, [100, 200]);
  });

  test("delays that are no numbers stop no others", async () => {
    const memory = new MemoryEngine();
    const fired: string[] = [];
    memory.schedule.after(Number.NaN, () => void fired.push("no number"));
    memory.schedule.after("50" as unknown as number, () => void fired.push("a text"));
    memory.schedule.after(60, () => void fired.push("another"));
    await memory.host.advance(1000);
    assert.deepEqual(fired, ["no number", "a text", "another"]);
  });

  test("a threshold of compression that is no number is refused", () => {
    for (const name of ["httpCompression", "perMessageDeflate"] as const) {
      assert.throws(() => core({ [name]: { threshold: Number.NaN } }), new RegExp(`option ${name}: expected a boolean, or an object whose threshold`));
    }
  });

  test("the age of the cookie may be a text", () => {
    assert.match(serializeCookie("x", { maxAge: "3600" as never }, false), /; Max-Age=3600;/);
  });

  test("attributes of the cookie may be null", () => {
    const nothing = { expires: null, maxAge: null, domain: null } as object;
    assert.equal(serializeCookie("id", nothing, false), serializeCookie("id", {}, false));
    assert.equal(serializeCookie("id", { maxAge: Infinity }, false), serializeCookie("id", {}, false));
  });

  test("generateId may return any thenable", async () => {
    const memory = new MemoryEngine();
    // oxlint-disable-next-line unicorn/no-thenable
    memory.engine.generateId = () => ({ then: (done: (id: string) => void) => done("of the app") }) as unknown as Promise<string>;
    await connectPolling(memory);
    assert.deepEqual(Object.keys(memory.engine.clients), ["of the app"]);
  });
});
