/** What a store keeps of a process that may go at any time, and what the next one makes of it (G21, G44). */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { RecoveryStore, ServerOptions, Socket } from "../../src/index.ts";
import { isSame } from "../../src/adapter/same.ts";
import { openWebSocket } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Client, connect, faultsOf } from "./client.ts";
import { MapStore } from "./map-store.ts";

interface Guest {
  readonly client: Client;
  readonly events: readonly unknown[][];
  readonly pid: string;
  readonly socket: Socket;
}

function serve(store: RecoveryStore, host: MemoryHost, options: ServerOptions = {}, recovery: ServerOptions["connectionStateRecovery"] = {}): MemoryServer {
  return new MemoryServer({ connectionStateRecovery: { store, ...recovery }, pingInterval: 1e9, ...options }, { host });
}

/** A store, and the host of the processes that use it one after the other. */
function world({ sleeps = false } = {}): [store: MapStore, host: MemoryHost] {
  return [new MapStore(), Object.assign(new MemoryHost(), { sleeps })];
}

async function enter(io: MemoryServer, auth: object = {}, namespace = "/"): Promise<Guest> {
  const client = await connect(io);
  const start = namespace === "/" ? "0" : `0${namespace},`;
  await client.say(start + JSON.stringify(auth));
  const packets = client.take() as string[];
  const welcome = packets.find((packet) => packet.startsWith("0"))!;
  const { sid, pid } = JSON.parse(welcome.slice(start.length)) as { sid: string; pid: string };
  const events = packets.filter((packet) => packet.startsWith("2[")).map((packet) => (JSON.parse(packet.slice(1)) as unknown[]).slice(0, -1));
  return { client, events, pid, socket: io.of(namespace).sockets.get(sid)! };
}

async function cut(io: MemoryServer, client: Client): Promise<void> {
  client.ws.close(1006);
  await io.host.settle();
}

/** The process goes while it sleeps, and its connections go on in `awake`. Returns what is sent over them. */
async function wake(before: MemoryServer, awake: MemoryServer): Promise<unknown[]> {
  const frames: unknown[] = [];
  const ws = { bufferedAmount: 0, send: (data: unknown) => void frames.push(data), close: () => {}, terminate: () => {} };
  const snapshots = [...before.engine.sessions.values()].map((session) => structuredClone(before.snapshot(session)!));
  await awake.restore(snapshots.map((snapshot) => ({ snapshot, ws })));
  return frames;
}

describe("a socket after a sleep", () => {
  test("goes on also where it has left the room of its own", async () => {
    const [store, host] = world({ sleeps: true });
    const before = serve(store, host);
    const { socket, pid } = await enter(before);
    await socket.leave(socket.id);
    await host.settle();
    host.forgetAlarm();
    const awake = serve(store, host);
    const frames = await wake(before, awake);
    assert.equal(awake.metrics().recovery.sessions, 0);
    await host.advance(121_000);
    const again = awake.sockets.sockets.get(socket.id)!;
    again.emit("heard");
    assert.match(String(frames.at(-1)), /heard/);
    await again.join("room");
    await host.settle();
    host.forgetAlarm();
    assert.deepEqual([...(await enter(serve(store, host), { pid })).socket.rooms], ["room", socket.id]);
  });

  test("is told of its end where that comes while the namespaces are still being found", async () => {
    const [store, host] = world({ sleeps: true });
    const before = serve(store, host, { pingInterval: 1000, pingTimeout: 1000 });
    before.of(/^\/dynamic/);
    await enter(before, {}, "/dynamic");
    await host.advance(1500);
    const log: string[] = [];
    host.forgetAlarm();
    const awake = serve(store, host, { pingInterval: 1000, pingTimeout: 1000 });
    const find = async (next: (error: null, isKnown: boolean) => void): Promise<void> => {
      await host.advance(3000);
      next(null, true);
    };
    awake.of((_name, _auth, next) => void find(next)).on("connection", (socket) => {
      log.push("connection");
      socket.on("disconnect", (reason) => log.push(reason));
    });
    await wake(before, awake);
    await host.advance(5000);
    assert.deepEqual(log, ["connection", "ping timeout"]);
    assert.deepEqual([awake.engine.clientsCount, awake.of("/dynamic").sockets.size, awake.metrics().unjoined], [0, 0, 0]);
  });
});

describe("data of a socket", () => {
  test("may have cycles, and the same object in many places", async () => {
    const [store, host] = world();
    const { socket } = await enter(serve(store, host));
    socket.data.self = socket.data;
    for (let times = 0; times < 2; times++) {
      socket.save();
      await host.settle();
    }
    let shared: object = {};
    for (let level = 0; level < 200; level++) shared = { one: shared, other: shared };
    assert.equal(isSame(shared, structuredClone(shared)), true);
    assert.equal(isSame({ one: socket.data, other: socket.data }, { one: socket.data, other: structuredClone(socket.data) }), true);
  });

  test("that cannot be read is reported, and the others' is stored", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const faults = faultsOf(io);
    const bad = await enter(io);
    const good = await enter(io);
    Object.defineProperty(bad.socket.data, "user", { enumerable: true, get: () => assert.fail("gone") });
    bad.socket.save();
    await good.socket.join("room");
    await host.settle();
    assert.deepEqual(faults, ["recovery store: gone"]);
    await good.socket.join("other room");
    await host.settle();
    assert.equal((await enter(serve(store, host), { pid: good.pid })).socket.rooms.has("other room"), true);
  });

  test("that cannot be stored is reported once, and nothing older is taken for it", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const faults = faultsOf(io);
    const { client, socket, pid } = await enter(io);
    await host.settle();
    socket.data.method = () => {};
    await socket.join("room");
    for (let times = 0; times < 5; times++) await client.say('2["anything"]');
    assert.equal(faults.length, 1);
    assert.equal((await enter(serve(store, host), { pid })).socket.recovered, false);
  });

  test("may be changed once the client is lost", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, socket, pid } = await enter(io);
    socket.on("disconnect", () => (socket.data.left = true));
    await cut(io, client);
    socket.data.later = true;
    socket.save();
    await host.settle();
    assert.deepEqual((await enter(serve(store, host), { pid })).socket.data, { left: true, later: true });
  });
});

describe("a duration", () => {
  test("without end is one", async () => {
    const [store, host] = world();
    const io = serve(store, host, {}, { maxDisconnectionDuration: Infinity });
    const { socket, pid } = await enter(io);
    const late: number[] = [];
    const start = host.now();
    for (const time of [1000, 2000]) socket.timeout(time).emit("question", () => void late.push(host.now() - start));
    await host.advance(60_000);
    assert.deepEqual(late, [1000, 2000]);
    assert.equal((await enter(serve(store, host, {}, { maxDisconnectionDuration: Infinity }), { pid })).socket.recovered, true);
  });

  test("of nothing is one", async () => {
    const [store, host] = world();
    const io = serve(store, host, {}, { maxDisconnectionDuration: 0 });
    await enter(io);
    await host.advance(10);
    assert.equal(io.engine.clientsCount, 1);
  });
});

describe("limits", () => {
  test("hold for what a process before has left", async () => {
    const [store, host] = world();
    const limits = { maxRecoverySessions: 1 };
    const io = serve(store, host, { limits });
    for (let count = 0; count < 5; count++) await enter(io);
    await host.settle();
    assert.equal(serve(store, host, { limits }).metrics().recovery.sessions, 1);
  });

  test("that are lower than before are known to the process after the next", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, pid } = await enter(io);
    await cut(io, client);
    for (const event of ["one", "two", "three"]) io.emit(event);
    const limits = { maxRecoveryPackets: 1 };
    serve(store, host, { limits });
    assert.equal((await enter(serve(store, host, { limits }), { pid })).socket.recovered, false);
  });

  test("of nothing do not let events be counted anew", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    await enter(io);
    for (const event of ["one", "two"]) io.to("nobody").emit(event);
    const { client, pid } = await enter(io);
    await host.settle();
    await cut(io, client);
    serve(store, host, { limits: { maxRecoveryPackets: 0 } });
    const last = serve(store, host);
    last.emit("missed");
    assert.deepEqual((await enter(last, { pid })).events, [["missed"]]);
  });
});

describe("a store that fails", () => {
  test("for an event that nobody missed does not let its number be used again", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, pid } = await enter(io);
    await host.settle();
    const { put } = store;
    store.put = (key, value) => (key.includes(":event:") ? assert.fail("too large") : put.call(store, key, value));
    io.to("nobody").emit("too large");
    store.put = put;
    io.volatile.emit("news");
    await host.settle();
    const [, offset] = /"([\w-]+\.\d+)"/.exec(String(client.take().at(-1)))!;
    const after = serve(store, host);
    after.emit("missed");
    assert.deepEqual((await enter(after, { pid, offset })).events, [["missed"]]);
  });

  test("to list what it has does not mix it with what comes after", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, pid } = await enter(io);
    io.emit("heard");
    await host.settle();
    const [, offset] = /"([\w-]+\.1)"/.exec(String(client.take().at(-1)))!;
    await cut(io, client);
    io.emit("missed");
    const { list } = store;
    store.list = () => assert.fail("locked");
    const after = serve(store, host);
    store.list = list;
    await enter(after);
    for (const event of ["one", "two", "three"]) after.emit(event);
    assert.equal((await enter(serve(store, host), { pid, offset })).socket.recovered, false);
  });

  test("to have what this version writes does not keep the server from starting", async () => {
    const [store, host] = world();
    const { pid } = await enter(serve(store, host));
    await host.settle();
    for (const [key, value] of store.values) if (key.includes("session:")) delete (value as { past?: unknown }).past;
    assert.equal((await enter(serve(store, host), { pid })).socket.recovered, false);
  });
});

describe("the store is empty in time", () => {
  test("of namespaces whose names need escapes, and of all the others", async () => {
    const [store, host] = world();
    const before = serve(store, host);
    before.of(/^\/d/);
    for (const name of ['/d":x', "/dother"]) await enter(before, {}, name);
    await host.settle();
    host.stall(500_000);
    serve(store, host);
    assert.deepEqual([...store.values.keys()], []);
  });

  test("where recovery comes with the options of attach", async () => {
    const [store, host] = world();
    const before = serve(store, host);
    before.of(/^\/d/);
    await enter(before, {}, "/d");
    await host.settle();
    host.stall(500_000);
    new MemoryServer({}, { host }).reopen({ connectionStateRecovery: { store } });
    assert.deepEqual([...store.values.keys()], []);
  });

  test("where only old clients were there, who cannot come back", async () => {
    const [store, host] = world();
    const before = serve(store, host, { allowEIO3: true });
    await openWebSocket(before, { EIO: "3" });
    await host.settle();
    before.emit("news");
    host.forgetAlarm();
    serve(store, host);
    assert.deepEqual([...store.values.keys()], []);
  });

  test("of an object whose recovery is off now", async () => {
    const [store, host] = world({ sleeps: true });
    await enter(new MemoryServer({ connectionStateRecovery: {} }, { host, recoveryStore: store }));
    await host.settle();
    assert.notEqual(store.values.size, 0);
    const after = new MemoryServer({}, { host, recoveryStore: store });
    await after.restore([]);
    assert.deepEqual([after.engine.clientsCount, ...store.values.keys()], [0]);
  });

  test("of an object that has closed, and that nobody visits", async () => {
    const [store, host] = world({ sleeps: true });
    const io = serve(store, host);
    await enter(io);
    await io.restore([]);
    const closing = io.close();
    await host.settle();
    await closing;
    assert.notEqual(store.values.size, 0);
    await host.advance(120_001);
    assert.deepEqual([...store.values.keys()], []);
  });
});

describe("another adapter in mid-life", () => {
  test("has the sockets that are there", async () => {
    const io = new MemoryServer({ connectionStateRecovery: {} });
    const { client, socket } = await enter(io);
    io.adapter(io.adapter());
    socket.emit("hello");
    io.emit("to all");
    await io.host.settle();
    assert.deepEqual(client.take().map((packet) => /\["([^"]*)"/.exec(String(packet))![1]), ["hello", "to all"]);
  });

  test("does not take them for lost, with a store", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, socket, pid } = await enter(io);
    await host.settle();
    io.adapter(io.adapter());
    assert.equal(io.metrics().recovery.sessions, 0);
    const back = await enter(io, { pid });
    assert.deepEqual([socket.connected, back.socket.connected, back.socket.id], [false, true, socket.id]);
    await cut(io, client);
    assert.equal(io.sockets.sockets.get(socket.id), back.socket);
  });
});

describe("a store that fails for a moment", () => {
  /** The store refuses the next write of this kind. */
  function refuseOnce(store: MapStore, kind: string): void {
    const { put } = store;
    store.put = (key, value) => {
      if (!key.includes(kind)) return put.call(store, key, value);
      store.put = put;
      throw new Error("busy");
    };
  }

  test("leaves events in their order, also where who hears of it emits", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    io.diagnostics.on("handler_error", () => void io.emit("alarm"));
    const { client } = await enter(io);
    refuseOnce(store, ":event:");
    io.emit("big");
    await host.settle();
    const heard = (client.take() as string[]).map((packet) => packet.replace(/"[\w-]+\./, '"E.'));
    assert.deepEqual(heard, ['2["big","E.1"]', '2["alarm","E.2"]']);
  });

  test("loses nothing for who comes back then, also where who hears of it emits", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    io.diagnostics.on("handler_error", () => void io.emit("alarm"));
    const { client, pid } = await enter(io);
    await host.settle();
    await cut(io, client);
    refuseOnce(store, ":session:");
    const back = await enter(io, { pid });
    await host.settle();
    const later = (back.client.take() as string[]).filter((packet) => packet.includes("alarm"));
    assert.deepEqual([back.socket.recovered, back.events.length + later.length], [true, 1]);
  });

  test("forgets who was shown out, if later", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    await enter(io);
    const { pid, socket } = await enter(io);
    await host.settle();
    const { delete: remove } = store;
    store.delete = () => assert.fail("busy");
    socket.disconnect(true);
    await host.settle();
    store.delete = remove;
    io.emit("later");
    assert.equal((await enter(serve(store, host), { pid })).socket.recovered, false);
  });

  test("is reported once per event, however much it has refused", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const faults = faultsOf(io);
    const { socket } = await enter(io);
    const rooms = Array.from({ length: 100 }, (_, index) => `room ${index}`);
    await socket.join(rooms);
    await host.settle();
    store.fails = true;
    for (const room of rooms) io.to(room).emit("event");
    await host.settle();
    assert.ok(faults.length <= 400, `${faults.length} reports`);
  });
});

describe("data", () => {
  test("that the store takes and structured cloning does not stays in the store", async () => {
    const [store, host] = world();
    store.put = (key, value) => void store.values.set(key, JSON.parse(JSON.stringify(value)));
    const io = serve(store, host, { limits: { maxRecoveryPackets: 1 } });
    const { socket } = await enter(io);
    socket.data = { name: "Ada", greet() {} };
    await socket.join("room");
    await host.settle();
    io.emit("one");
    await socket.leave("room");
    await host.settle();
    io.emit("two");
    io.emit("three");
    const [, stored] = [...store.values].find(([key]) => key.includes("session:"))!;
    assert.deepEqual((stored as { data: unknown }).data, { name: "Ada" });
  });

  test("with a date is stored once", async () => {
    const [store, host] = world();
    const io = serve(store, host);
    const { client, socket } = await enter(io);
    socket.data = { since: new Date(0) };
    await client.say('2["nothing"]');
    const { writes } = store;
    await client.say('2["nothing"]');
    assert.equal(store.writes, writes);
    socket.data.since.setTime(1);
    await client.say('2["nothing"]');
    assert.equal(store.writes, writes + 1);
  });
});

describe("a duration", () => {
  test("of nothing costs nothing", async () => {
    const [store, host] = world();
    await enter(serve(store, host, {}, { maxDisconnectionDuration: 0 }));
    await host.settle();
    const { writes } = store;
    await host.advance(1000);
    assert.equal(store.writes, writes);
  });

  for (const slept of [50_000, 119_900, 130_000]) {
    test(`of two minutes begins when a client is lost, not when an object sleeps (${slept} ms)`, async () => {
      const [store, host] = world({ sleeps: true });
      const before = serve(store, host);
      before.of(/^\/d/);
      const { pid } = await enter(before, {}, "/d");
      await host.settle();
      host.forgetAlarm();
      await host.advance(slept);
      const awake = serve(store, host);
      awake.of(async (_name, _auth, next) => {
        await host.advance(500);
        next(null, true);
      });
      await wake(before, awake);
      for (const session of [...awake.engine.sessions.values()]) session.end("transport close");
      await host.settle();
      assert.equal((await enter(awake, { pid }, "/d")).socket.recovered, true);
    });
  }
});

describe("a child namespace", () => {
  test("goes when those it waits for go with their adapter", async () => {
    const io = new MemoryServer({ connectionStateRecovery: {}, cleanupEmptyChildNamespaces: true });
    io.of(/^\/d/);
    const { client } = await enter(io, {}, "/d");
    await cut(io, client);
    assert.equal(io._nsps.has("/d"), true);
    io.adapter(io.adapter());
    assert.equal(io._nsps.has("/d"), false);
  });
});
