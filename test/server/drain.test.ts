import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Adapter } from "../../src/index.ts";
import { type PollingClient, ask, connectPolling, engineUrl } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import type { MemoryWebSocket } from "../memory/web-socket.ts";
import { connect, crowd, join, recorder } from "./client.ts";

/** Whether a promise has settled, as far as can be told without letting time pass. */
function watched(promise: Promise<unknown>): { settled: boolean } {
  const watch = { settled: false };
  const settle = (): void => void (watch.settled = true);
  promise.then(settle, settle);
  return watch;
}

/** A polling client in the namespace `/`. */
async function joinPolling(io: MemoryServer): Promise<PollingClient> {
  const client = await connectPolling(io);
  await client.send("40");
  await client.receive();
  return client;
}

describe("close({ drain, spread, force }) (G40)", () => {
  test("refuses handshakes with 503 and Retry-After, and still serves the sessions there are", async () => {
    const io = new MemoryServer();
    const client = await joinPolling(io);
    const heard: unknown[] = [];
    for (const socket of io.sockets.sockets.values()) socket.on("a", () => heard.push("a"));
    const { socket } = await join(io);
    socket.emit("unread");
    const busy = await connect(io);
    busy.ws.reads = false;
    busy.ws.bufferedAmount = 1;
    void io.close({ drain: 1000 });
    await io.host.advance(100);
    const handshake = ask(io, engineUrl({ transport: "polling" }));
    await client.send('42["a"]');
    assert.equal(handshake.status, 503);
    assert.equal(handshake.headers["retry-after"], "5");
    assert.deepEqual(heard, ["a"]);
    await io.host.advance(60_000);
  });

  test("waits until what was emitted has left, and no longer than `drain`", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    client.ws.reads = false;
    socket.emit("last words");
    const closing = watched(io.close({ drain: 1000 }));
    await io.host.advance(500);
    assert.ok(!client.isClosed);
    client.ws.drain();
    await io.host.advance(20);
    assert.ok(client.isClosed && closing.settled);

    const slow = await join(new MemoryServer());
    slow.client.ws.bufferedAmount = 1;
    const server = slow.socket.nsp.server as MemoryServer;
    const late = watched(server.close({ drain: 1000 }));
    await server.host.advance(999);
    assert.ok(!slow.client.isClosed);
    await server.host.advance(1);
    assert.ok(slow.client.isClosed && late.settled);
  });

  test("ends each WebSocket with 1001 and without a DISCONNECT, so that its client comes back", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.on("disconnecting", hear("disconnecting")).on("disconnect", hear("disconnect"));
    await Promise.all([io.close({}), io.host.advance(100)]);
    assert.deepEqual(client.take(), []);
    assert.deepEqual(client.ws.ended, { code: 1001, reason: undefined });
    assert.deepEqual(heard, [["disconnecting", "server shutting down"], ["disconnect", "server shutting down"]]);
  });

  test("ends a client in the middle of its switch to a WebSocket with 1001, after its last packets", async () => {
    const io = new MemoryServer();
    const client = await joinPolling(io);
    const ws = await client.probe();
    ws.send("2probe");
    assert.deepEqual(ws.take(), ["3probe"]);
    io.emit("last words");
    const closing = watched(io.close({ drain: 100 }));
    await io.host.advance(200);
    assert.deepEqual([ws.ended, closing.settled], [undefined, false]);
    ws.send("5");
    await io.host.advance(20);
    assert.deepEqual(ws.take(), ['42["last words"]']);
    assert.deepEqual(ws.ended, { code: 1001, reason: undefined });
    assert.ok(closing.settled);
  });

  test("ends a polling client with its last packets, then a close packet", async () => {
    const io = new MemoryServer();
    const client = await joinPolling(io);
    const closing = watched(io.close({ drain: 0 }));
    io.emit("last words");
    await io.host.advance(100);
    assert.ok(!closing.settled, "its client may still fetch them");
    assert.deepEqual(await client.receive(), ['42["last words"]']);
    assert.deepEqual(await client.receive(), ["1"]);
    await io.host.advance(20);
    assert.ok(closing.settled);
  });

  test("spreads the ends evenly", async () => {
    const io = new MemoryServer();
    const members = await crowd(io, 10);
    const gone = (): number => members.filter(({ client }) => client.isClosed).length;
    const closing = watched(io.close({ spread: 1000 }));
    await io.host.advance(0);
    const counts: number[] = [];
    for (let step = 0; step < 10; step++) {
      counts.push(gone());
      await io.host.advance(100);
    }
    assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.ok(closing.settled);
  });

  test("cuts what is left after `force`", async () => {
    const io = new MemoryServer();
    await joinPolling(io);
    const closing = watched(io.close({ force: 2000 }));
    await io.host.advance(1999);
    assert.ok(!closing.settled);
    await io.host.advance(21);
    assert.ok(closing.settled);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("cuts a client that has not finished its switch to a WebSocket by then", async () => {
    const io = new MemoryServer();
    const client = await joinPolling(io);
    const ws = await client.probe();
    ws.send("2probe");
    const closing = watched(io.close({ force: 500 }));
    await io.host.advance(499);
    assert.deepEqual([ws.ended, closing.settled], [undefined, false]);
    await io.host.advance(1);
    assert.deepEqual([ws.ended, closing.settled, io.engine.clientsCount], [{ code: 1001, reason: undefined }, true, 0]);
  });

  test("waits no longer than `force` for an adapter, which closes while the last clients leave", async () => {
    const io = new MemoryServer();
    await joinPolling(io);
    let closes = 0;
    io.sockets.adapter.close = () => {
      closes += 1;
      return new Promise(() => {});
    };
    const closing = watched(io.close({ force: 2000 }));
    await io.host.advance(1999);
    assert.deepEqual([closes, io.engine.clientsCount, closing.settled], [1, 1, false]);
    await io.host.advance(1);
    assert.deepEqual([closes, io.engine.clientsCount, closing.settled], [1, 0, true]);
  });

  test("ends sockets that are still in their middlewares", async () => {
    const io = new MemoryServer();
    let signal: AbortSignal | undefined;
    io.use((socket) => void (signal = socket.handshake.signal));
    io.on("connection", () => assert.fail("it was let in"));
    const client = await connect(io);
    await client.say("0");
    await Promise.all([io.close({}), io.host.advance(100)]);
    assert.ok(client.isClosed && signal!.aborted);
  });

  test("may be called again: the calls wait for the same, and one without options ends the rest at once", async () => {
    const io = new MemoryServer();
    const [first, second] = await crowd(io, 2);
    const closings = [io.close({ spread: 60_000 }), io.close({ spread: 1 })].map(watched);
    await io.host.advance(100);
    assert.deepEqual([first!.client.isClosed, second!.client.isClosed], [true, false]);
    const last = watched(io.close());
    await io.host.settle();
    assert.ok(second!.client.isClosed && last.settled && closings.every(({ settled }) => settled));
  });

  test("is safe from inside a handler, and leaves nothing that waits", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    let closing: Promise<void> | undefined;
    socket.on("stop", () => void (closing = io.close({ spread: 10 })));
    await client.say('2["stop"]');
    await io.host.advance(1000);
    await closing;
    assert.ok(client.isClosed);
    await io.host.advance(100_000);
    assert.equal(io.host.nextWakeUp, undefined);
  });

  test("settles though an adapter never closes", async () => {
    const io = new MemoryServer();
    io.sockets.adapter.close = () => new Promise(() => {});
    const closing = watched(io.close());
    await io.host.advance(9_999);
    assert.ok(!closing.settled);
    await io.host.advance(1);
    assert.ok(closing.settled);
  });
});

describe("close() with adapters that take their time to keep sockets (G40)", () => {
  /** Keeps a socket once the test says so, and notes what it was asked to do. */
  function serve() {
    const done: string[] = [];
    let keep = (): void => {};
    class Slow extends Adapter {
      persistSession(): Promise<void> {
        return new Promise<void>((resolve) => (keep = resolve)).then(() => void done.push("kept"));
      }
      restoreSession(): Promise<null> {
        return Promise.resolve(null);
      }
      override close(): void {
        done.push("closed");
      }
    }
    const io = new MemoryServer({ adapter: Slow, connectionStateRecovery: {} });
    return { io, done, keep: () => keep() };
  }

  for (const [how, options] of Object.entries({ "at once": undefined, "with options": {} })) {
    test(`waits for them, and closes them then: ${how}`, async () => {
      const { io, done, keep } = serve();
      await join(io);
      const closing = watched(io.close(options));
      await io.host.advance(1000);
      assert.deepEqual([closing.settled, done], [false, []]);
      keep();
      await io.host.advance(20);
      assert.deepEqual([closing.settled, done], [true, ["kept", "closed"]]);
    });
  }

  test("waits no longer than ten seconds", async () => {
    const { io, done } = serve();
    await join(io);
    const closing = watched(io.close());
    await io.host.advance(9_999);
    assert.deepEqual([closing.settled, done], [false, []]);
    await io.host.advance(1);
    assert.deepEqual([closing.settled, done], [true, ["closed"]]);
  });

  test("waits no longer than `force`", async () => {
    const { io, done } = serve();
    await join(io);
    const closing = watched(io.close({ drain: 0, force: 500 }));
    await io.host.advance(499);
    assert.deepEqual([closing.settled, done], [false, []]);
    await io.host.advance(21);
    assert.deepEqual([closing.settled, done], [true, ["closed"]]);
  });
});

describe("close() in the middle of a switch to a WebSocket", () => {
  async function switching(): Promise<{ io: MemoryServer; ws: MemoryWebSocket; closing: { settled: boolean }; reasons: unknown[] }> {
    const io = new MemoryServer();
    const client = await joinPolling(io);
    const reasons: unknown[] = [];
    for (const socket of io.sockets.sockets.values()) socket.on("disconnect", (reason) => reasons.push(reason));
    const ws = await client.probe();
    ws.send("2probe");
    const closing = watched(io.close());
    await io.host.advance(0);
    return { io, ws, closing, reasons };
  }

  test("waits for the client, which would hang if its WebSocket ended before", async () => {
    const { io, ws, closing, reasons } = await switching();
    assert.deepEqual([ws.ended, closing.settled, reasons], [undefined, false, ["server shutting down"]]);
    ws.send("5");
    assert.notEqual(ws.ended, undefined);
    await io.host.advance(20);
    assert.deepEqual([closing.settled, io.engine.clientsCount], [true, 0]);
  });

  test("waits no longer than a second", async () => {
    const { io, ws, closing } = await switching();
    await io.host.advance(999);
    assert.deepEqual([ws.ended, closing.settled], [undefined, false]);
    await io.host.advance(1);
    assert.notEqual(ws.ended, undefined);
    assert.deepEqual([closing.settled, io.engine.clientsCount], [true, 0]);
  });

  test("does not wait for a client that gives up its switch", async () => {
    const { io, ws, closing } = await switching();
    ws.close();
    await io.host.advance(20);
    assert.deepEqual([closing.settled, io.engine.clientsCount], [true, 0]);
  });

  test("is not put off by another call that would be more patient", async () => {
    const { io, ws, closing } = await switching();
    const patient = watched(io.close({ drain: 0, force: 10_000 }));
    await io.host.advance(0);
    ws.close();
    await io.host.advance(20);
    assert.deepEqual([closing.settled, patient.settled, io.engine.clientsCount], [true, true, 0]);
  });

  test("waits for nobody whom it has not asked to leave", async () => {
    const { io, closing } = await switching();
    io.reopen();
    const later = await connectPolling(io);
    await io.host.advance(1000);
    assert.ok(closing.settled);
    assert.ok(io.engine.sessions.has(later.sid));
  });
});
