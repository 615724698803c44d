/** An engine without Socket.IO above it. */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import { CoreEngine, type CoreEngineOptions } from "../../src/engine/core-engine.ts";
import type { Session } from "../../src/engine/session.ts";
import { type Service, connectPolling, connectWebSocket } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";

/** What a connection tells those who listen, in order. */
const eventNames = ["open", "packet", "packetCreate", "upgrading", "upgrade", "flush", "drain", "heartbeat", "data", "message", "close"] as const;

class MemoryEngine extends CoreEngine implements Service {
  declare readonly host: MemoryHost;
  readonly connections: Session[] = [];
  /** Events of all connections. */
  readonly events: unknown[][] = [];

  constructor(options: CoreEngineOptions = {}) {
    super(options, { host: new MemoryHost() });
    this.on("connection", (conn) => {
      this.connections.push(conn);
      for (const name of eventNames) conn.on(name, (...args: unknown[]) => void this.events.push([name, ...args]));
    });
  }

  /** The connection that was made last. */
  get last(): Session {
    return this.connections.at(-1)!;
  }

  /** The events since the last look. */
  takeEvents(): unknown[][] {
    return this.events.splice(0);
  }
}

describe("a CoreEngine", () => {
  test("answers under its path alone", async () => {
    const status = async (engine: CoreEngine, url: string): Promise<number> => (await engine.fetch(new Request(`http://localhost${url}`))).status;
    const query = "?EIO=4&transport=polling";
    const standard = new MemoryEngine();
    assert.deepEqual([standard.path, await status(standard, `/engine.io/${query}`), await status(standard, `/engine.io${query}`)], ["/engine.io", 200, 404]);
    assert.equal(await status(standard, `/socket.io/${query}`), 404);
    const moved = new MemoryEngine({ path: "/live/", addTrailingSlash: false });
    assert.deepEqual([moved.path, await status(moved, `/live${query}`), await status(moved, `/engine.io/${query}`)], ["/live", 200, 404]);
    assert.ok(moved.matches("/other/", { path: "/other" }));
  });

  test("carries messages both ways, empty ones too", async () => {
    const engine = new MemoryEngine();
    const client = await connectPolling(engine);
    engine.last.send("").send("text").send(Uint8Array.of(1)).write(new DataView(new ArrayBuffer(1)));
    assert.deepEqual(await client.receive(), ["4", "4text", "bAQ==", "bAA=="]);
    engine.takeEvents();
    await client.send("4", "4a", "bAQ==");
    const heard = engine.takeEvents().filter(([name]) => name === "message");
    assert.deepEqual(heard, [["message", ""], ["message", "a"], ["message", Uint8Array.of(1)]]);
    const ws = await connectWebSocket(engine);
    ws.send("4");
    assert.deepEqual(engine.takeEvents().at(-1), ["message", ""]);
  });

  test("sends as text what is neither text nor bytes", async () => {
    const engine = new MemoryEngine();
    const ws = await connectWebSocket(engine);
    engine.last.send(42 as never);
    assert.deepEqual(ws.take(), ["442"]);
  });

  test("tells of packets as `engine.io` does", async () => {
    const engine = new MemoryEngine({ pingInterval: 1000 });
    const ws = await connectWebSocket(engine);
    engine.last.send("out");
    ws.send("4in");
    await engine.host.advance(1000);
    ws.send("3");
    engine.last.close();
    assert.deepEqual(engine.takeEvents(), [
      ["packetCreate", { type: "message", data: "out" }],
      ["flush"],
      ["drain"],
      ["packet", { type: "message", data: "in" }],
      ["data", "in"],
      ["message", "in"],
      ["packetCreate", { type: "ping" }],
      ["flush"],
      ["drain"],
      ["packet", { type: "pong", data: "" }],
      ["heartbeat"],
      ["close", "forced close"],
    ]);
  });

  test("reports what listeners throw, and goes on", async () => {
    const engine = new MemoryEngine();
    engine.on("connection", (conn) => {
      conn.on("message", () => {
        throw new Error("oops");
      });
    });
    const ws = await connectWebSocket(engine);
    ws.send("4a");
    ws.send("4b");
    assert.deepEqual(engine.host.reports.map(({ message }) => message), Array(2).fill('A handler failed (engine event "message")'));
    assert.equal(engine.last.readyState, "open");
  });

  test("refuses handshakes once it is closed", async () => {
    const engine = new MemoryEngine();
    const ws = await connectWebSocket(engine);
    assert.equal(engine.close(), engine);
    assert.deepEqual([engine.clientsCount, Object.keys(engine.clients), ws.ended !== undefined], [0, [], true]);
    const response = await engine.fetch(new Request("http://localhost/engine.io/?EIO=4&transport=polling"));
    assert.equal(response.status, 503);
  });

  test("makes ids with a `generateId` that a class overrides", async () => {
    class Numbered extends MemoryEngine {
      override generateId(): string {
        return `number ${this.clientsCount}`;
      }
    }
    assert.equal((await connectPolling(new Numbered())).sid, "number 0");
  });

  test("warns of CORS that lets every site act for its users", () => {
    const engine = new MemoryEngine({ cors: { origin: true, credentials: true } });
    assert.equal(engine.host.warnings.length, 1);
  });
});

describe("the callback of send()", () => {
  test("runs once a GET has fetched the message", async () => {
    const engine = new MemoryEngine();
    const client = await connectPolling(engine);
    const called: unknown[] = [];
    engine.last.send("a", {}, (transport) => void called.push("a", transport.name));
    engine.last.send("b", () => void called.push("b"));
    await engine.host.settle();
    assert.deepEqual(called, []);
    await client.receive();
    assert.deepEqual(called, ["a", "polling", "b"]);
  });

  test("runs at the end of the turn when a GET waits", async () => {
    const engine = new MemoryEngine();
    const client = await connectPolling(engine);
    const poll = client.poll();
    const called: string[] = [];
    engine.last.send("a", {}, ({ name }) => void called.push(name));
    assert.deepEqual(called, []);
    await engine.host.settle();
    assert.deepEqual([poll.body, called], ["4a", ["polling"]]);
  });

  test("runs at the end of the turn over a WebSocket", async () => {
    const engine = new MemoryEngine();
    await connectWebSocket(engine);
    const called: string[] = [];
    engine.last.send("a", { compress: false }, ({ name }) => void called.push(name));
    engine.last.close();
    assert.deepEqual(called, []);
    await engine.host.settle();
    assert.deepEqual(called, ["websocket"]);
  });

  test("waits while the WebSocket holds `highWaterMark`", async () => {
    const engine = new MemoryEngine({ limits: { highWaterMark: 100 } });
    const ws = await connectWebSocket(engine);
    ws.bufferedAmount = 99;
    const called: string[] = [];
    engine.last.send("below", {}, () => void called.push("below"));
    await engine.host.settle();
    ws.bufferedAmount = 100;
    engine.last.send("at", {}, () => void called.push("at"));
    await engine.host.settle();
    assert.deepEqual(called, ["below"]);
    ws.bufferedAmount = 0;
    ws.drain();
    await engine.host.settle();
    assert.deepEqual(called, ["below", "at"]);
  });

  test("runs when the WebSocket takes over what waited for a GET", async () => {
    const engine = new MemoryEngine();
    const client = await connectPolling(engine);
    const ws = await client.probe();
    ws.send("2probe");
    const called: string[] = [];
    engine.last.send("a", {}, ({ name }) => void called.push(name));
    await engine.host.settle();
    assert.deepEqual(called, []);
    ws.send("5");
    await engine.host.settle();
    assert.deepEqual(called, ["websocket"]);
  });

  test("does not run when the connection ends before", async () => {
    const engine = new MemoryEngine();
    await connectPolling(engine);
    engine.last.send("a", {}, () => assert.fail("called"));
    engine.last.close(true).send("b", {}, () => assert.fail("called"));
    await engine.host.settle();
    assert.deepEqual(engine.host.reports, []);
  });

  test("may fail", async () => {
    const engine = new MemoryEngine();
    await connectWebSocket(engine);
    engine.last.send("a", {}, () => Promise.reject(new Error("oops")));
    await engine.host.settle();
    assert.deepEqual(engine.host.reports.map(({ message }) => message), ['A handler failed (engine event "send")']);
  });
});
