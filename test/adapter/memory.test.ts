import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Adapter, type AdapterContract, type BroadcastOptions, type LocalSockets } from "../../src/index.ts";
import type { Packet } from "../../src/wire/packet.ts";
import { MemoryServer } from "../memory/server.ts";
import { crowd, faultsOf, join, recorder } from "../server/client.ts";

const event = (...data: unknown[]): Packet => ({ type: 2, nsp: "/", data });
const to = (...rooms: string[]): BroadcastOptions => ({ rooms: new Set(rooms) });

/** An adapter on its own, beside sockets that are made of nothing but ids. */
function standalone(ids: readonly string[]): { readonly adapter: Adapter; readonly calls: unknown[] } {
  const { heard: calls, hear } = recorder();
  let ackIds = 0;
  const sockets: LocalSockets = {
    name: "/",
    nextAckId: () => ackIds++,
    encode: () => ({ frames: [], packets: [], messages: [], size: 0, compress: true }) as never,
    deliver: (id, packet) => hear("deliver")(id, packet.data),
    expectAck: (id, ackId) => (hear("expectAck")(id, ackId), id !== "busy"),
    forgetAcks: (ackId) => hear("forgetAcks")(ackId),
    has: (id) => ids.includes(id),
    describe: (id) => (ids.includes(id) ? { id, handshake: {}, rooms: [], data: {} } : undefined),
    join: (id, rooms) => hear("join")(id, rooms),
    leave: (id, room) => hear("leave")(id, room),
    disconnect: (id, close) => hear("disconnect")(id, close),
    listenerFailed: (error) => hear("listenerFailed")(error),
    adapterFailed: (error) => hear("adapterFailed")(error),
    messageRefused: () => hear("messageRefused")(),
    receiveServerSideEvent: (args) => hear("receiveServerSideEvent")(...args),
  };
  return { adapter: new Adapter(sockets), calls };
}

describe("Adapter, the in-memory one (ADP-1)", () => {
  test("knows ids only, and asks its namespace to act on them", async () => {
    const { adapter, calls } = standalone(["1", "2"]);
    void adapter.addAll("1", new Set(["1", "red"]));
    void adapter.addAll("2", new Set(["2", "red", "blue"]));
    void adapter.addAll("ghost", new Set(["red"]));
    adapter.broadcast(event("a"), to("red"));
    adapter.addSockets(to("blue"), ["green"]);
    adapter.delSockets(to("1"), ["red", "x"]);
    adapter.disconnectSockets(to("2"), true);
    assert.deepEqual(calls, [
      ["deliver", "1", ["a"]],
      ["deliver", "2", ["a"]],
      ["deliver", "ghost", ["a"]],
      ["join", "2", ["green"]],
      ["leave", "1", "red"],
      ["leave", "1", "x"],
      ["disconnect", "2", true],
    ]);
    assert.deepEqual(await adapter.sockets(new Set(["red"])), new Set(["1", "2"]));
    assert.deepEqual(await adapter.sockets(new Set()), new Set(["1", "2"]));
    assert.deepEqual((await adapter.fetchSockets(to("red"))).map(({ id }) => id), ["1", "2"]);
    assert.deepEqual(adapter.socketRooms("2"), new Set(["2", "red", "blue"]));
    assert.equal(adapter.socketRooms("nobody"), undefined);
    assert.equal(await adapter.serverCount(), 1);
    assert.equal(adapter.init(), undefined);
    assert.equal(adapter.close(), undefined);
  });

  test("counts those who are asked, and sends the question to those that may be asked", () => {
    const { adapter, calls } = standalone(["1", "busy", "2"]);
    for (const id of ["1", "busy", "2", "ghost"]) void adapter.addAll(id, new Set([id]));
    const { heard, hear } = recorder();
    const packet = event("a");
    const forget = adapter.broadcastWithAck(packet, to(), hear("counted"), hear("answered"), hear("lost"));
    assert.deepEqual(heard, [["counted", 3]]);
    assert.equal(packet.id, 0);
    forget?.();
    assert.deepEqual(calls, [
      ["expectAck", "1", 0],
      ["deliver", "1", ["a"]],
      ["expectAck", "busy", 0],
      ["expectAck", "2", 0],
      ["deliver", "2", ["a"]],
      ["forgetAcks", 0],
    ]);
  });

  test("has the rooms that are told of, in maps (ADP-1)", () => {
    const { adapter } = standalone([]);
    const { heard, hear } = recorder();
    for (const name of ["create-room", "join-room", "leave-room", "delete-room"] as const) adapter.on(name, hear(name));
    void adapter.addAll("1", new Set(["1", "red"]));
    void adapter.del("1", "red");
    adapter.delAll("1");
    assert.deepEqual(heard, [
      ["create-room", "1"],
      ["join-room", "1", "1"],
      ["create-room", "red"],
      ["join-room", "red", "1"],
      ["leave-room", "red", "1"],
      ["delete-room", "red"],
      ["leave-room", "1", "1"],
      ["delete-room", "1"],
    ]);
    assert.deepEqual([adapter.rooms, adapter.sids], [new Map(), new Map()]);
  });
});

describe("an adapter of the app", () => {
  test("may extend the one that is exported, and sees the life of a socket", async () => {
    const { heard, hear } = recorder();
    class Loud extends Adapter {
      override init(): void {
        hear("init")(this.nsp.name);
      }
      override close(): void {
        hear("close")(this.nsp.name);
      }
      override addAll(id: string, rooms: Set<string>): void {
        hear("addAll")(rooms.size);
        void super.addAll(id, rooms);
      }
      override del(id: string, room: string): void {
        hear("del")(room);
        void super.del(id, room);
      }
      override delAll(id: string): void {
        hear("delAll")();
        super.delAll(id);
      }
      override broadcast(packet: Packet, options: BroadcastOptions): void {
        const { rooms, except = new Set(), flags } = options;
        hear("broadcast")(packet.nsp, packet.data, [...rooms], [...except], flags);
        super.broadcast(packet, options);
      }
    }
    const io = new MemoryServer({ adapter: Loud });
    const { client, socket } = await join(io);
    void socket.join("red");
    void socket.leave("red");
    io.to("red").except("blue").volatile.compress(false).local.emit("a");
    io.emit("b");
    client.send("1");
    await io.close();
    assert.deepEqual(heard, [
      ["init", "/"],
      ["addAll", 1],
      ["addAll", 1],
      ["del", "red"],
      ["broadcast", "/", ["a"], ["red"], ["blue"], { volatile: true, compress: false, local: true }],
      ["broadcast", "/", ["b"], [], [], {}],
      "delAll",
      ["close", "/"],
    ]);
    assert.deepEqual(client.take(), ['2["b"]']);
  });

  test("may change what is sent on its way", async () => {
    class Stamped extends Adapter {
      override broadcast(packet: Packet, options: BroadcastOptions): void {
        super.broadcast({ ...packet, data: [...(packet.data as unknown[]), "stamp"] }, options);
      }
    }
    const io = new MemoryServer({ adapter: Stamped });
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.onAnyOutgoing(hear("out"));
    io.emit("a");
    assert.deepEqual(client.take(), ['2["a","stamp"]']);
    assert.deepEqual(heard, [["out", "a", "stamp"]]);
  });

  test("may be any class that has the methods (8)", async () => {
    const io = new MemoryServer({ adapter: Plain });
    const [alice, bob] = await crowd(io, 2);
    void alice!.socket.join("red");
    io.to("red").emit("a");
    io.except("red").emit("b");
    alice!.socket.broadcast.emit("c");
    assert.deepEqual(alice!.client.take(), ['2["a"]']);
    assert.deepEqual(bob!.client.take(), ['2["b"]', '2["c"]']);
    assert.deepEqual([...alice!.socket.rooms], [alice!.socket.id, "red"]);
    assert.equal((await io.in("red").fetchSockets()).length, 1);
    alice!.client.ws.close();
    assert.equal(io.sockets.adapter.sids.size, 1);
    const answers = io.timeout(1000).emitWithAck("d");
    bob!.client.send('30["b"]');
    assert.deepEqual(await answers, ["b"]);
  });
});

/** An adapter that shares no code with ours, nor an emitter. */
class Plain implements AdapterContract {
  readonly rooms = new Map<string, Set<string>>();
  readonly sids = new Map<string, Set<string>>();
  readonly #sockets: LocalSockets;

  constructor(sockets: LocalSockets) {
    this.#sockets = sockets;
  }

  init(): void {}

  close(): void {}

  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  addAll(id: string, rooms: Set<string>): void {
    const mine = this.sids.get(id) ?? new Set();
    this.sids.set(id, mine);
    for (const room of rooms) mine.add(room);
  }

  del(id: string, room: string): void {
    this.sids.get(id)?.delete(room);
  }

  delAll(id: string): void {
    this.sids.delete(id);
  }

  broadcast(packet: Packet, options: BroadcastOptions): void {
    const batch = this.#sockets.encode(packet, {});
    for (const id of this.#select(options)) this.#sockets.deliver(id, packet, batch, {});
  }

  broadcastWithAck(...[packet, options, counted, answered, lost = () => {}]: Parameters<AdapterContract["broadcastWithAck"]>): void {
    const ids = this.#select(options);
    packet.id = this.#sockets.nextAckId();
    counted(ids.length);
    const batch = this.#sockets.encode(packet, {});
    for (const id of ids) {
      if (this.#sockets.expectAck(id, packet.id, answered, lost)) this.#sockets.deliver(id, packet, batch, {});
    }
  }

  sockets(rooms: Set<string>): Promise<Set<string>> {
    return Promise.resolve(new Set(this.#select({ rooms })));
  }

  socketRooms(id: string): Set<string> | undefined {
    return this.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions) {
    return Promise.resolve(this.#select(options).flatMap((id) => this.#sockets.describe(id) ?? []));
  }

  addSockets(options: BroadcastOptions, rooms: string[]): void {
    for (const id of this.#select(options)) this.#sockets.join(id, rooms);
  }

  delSockets(options: BroadcastOptions, rooms: string[]): void {
    for (const id of this.#select(options)) for (const room of rooms) this.#sockets.leave(id, room);
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const id of this.#select(options)) this.#sockets.disconnect(id, close);
  }

  serverSideEmit(): void {}

  #select({ rooms, except = new Set() }: BroadcastOptions): string[] {
    const isIn = (id: string, some: Set<string>): boolean => [...some].some((room) => this.sids.get(id)?.has(room));
    return [...this.sids.keys()].filter((id) => (rooms.size === 0 || isIn(id, rooms)) && !isIn(id, except));
  }
}

/** Something that rejects, and knows whether anybody looked: nothing is left unhandled when nobody does. */
function rejection(): { readonly promise: Promise<never>; readonly handled: () => boolean } {
  let handled = false;
  const reject = (error: unknown): void => void error;
  const promise = {
    // oxlint-disable-next-line unicorn/no-thenable
    then(_resolved: unknown, rejected?: typeof reject) {
      handled ||= rejected !== undefined;
      rejected?.(new Error("broken"));
      return promise;
    },
    catch: (rejected: typeof reject) => promise.then(undefined, rejected),
    finally: () => promise,
  };
  return { promise: promise as unknown as Promise<never>, handled: () => handled };
}

describe("an adapter that fails (G32)", () => {
  for (const method of ["init", "addAll", "del", "delAll", "close"] as const) {
    test(`is reported, and the life of a socket goes on: ${method}() throws`, async () => {
      class Broken extends Adapter {}
      Broken.prototype[method] = () => {
        throw new Error("broken");
      };
      const io = new MemoryServer({ adapter: Broken });
      const early = io.host.reports.length;
      const faults = faultsOf(io);
      const { client, socket } = await join(io);
      const { heard, hear } = recorder();
      socket.on("disconnect", hear("disconnect"));
      socket.on("a", hear("a"));
      client.send('2["a"]');
      if (method === "del") await Promise.resolve(socket).then((it) => it.leave("red")).catch(() => {});
      client.ws.close();
      await io.host.settle();
      assert.deepEqual(heard, ["a", ["disconnect", "transport close"]]);
      assert.equal(io.sockets.sockets.size, 0);
      assert.equal(io.engine.clientsCount, 0);
      await io.close();
      if (method !== "del") assert.ok(early + faults.length >= 1, "nobody was told");
    });
  }

  test("is reported when addAll() rejects for a newcomer", async () => {
    const { promise, handled } = rejection();
    class Broken extends Adapter {
      override addAll(): Promise<void> {
        return promise;
      }
    }
    const io = new MemoryServer({ adapter: Broken });
    const faults = faultsOf(io);
    await join(io);
    await io.host.settle();
    assert.ok(handled(), "the rejection is left to the platform");
    assert.equal(faults.length, 1);
  });

  test("is reported when init() or close() rejects", async () => {
    class Broken extends Adapter {
      override init(): Promise<void> {
        return Promise.reject(new Error("no init"));
      }
      override close(): Promise<void> {
        return Promise.reject(new Error("no close"));
      }
    }
    const io = new MemoryServer({ adapter: Broken });
    const faults = faultsOf(io);
    await io.host.settle();
    await io.close();
    assert.deepEqual(faults, ["adapter.init: no init", "adapter.close: no close"]);
  });

  test("rejects what was asked of it: fetchSockets(), serverCount()", async () => {
    class Broken extends Adapter {
      override fetchSockets(): Promise<never> {
        return Promise.reject(new Error("no broker"));
      }
      override serverCount(): Promise<never> {
        return Promise.reject(new Error("no broker"));
      }
    }
    const io = new MemoryServer({ adapter: Broken });
    const { client } = await join(io);
    await assert.rejects(io.fetchSockets(), { message: "no broker" });
    await assert.rejects(io.emitWithAck("a"), { message: "no broker", responses: [] });
    const { heard, hear } = recorder();
    io.emit("a", (error: Error, responses: unknown[]) => hear(error.message)(responses));
    await io.host.settle();
    assert.deepEqual(heard, [["no broker", []]]);
    for (const [, socket] of io.sockets.sockets) assert.equal(socket.pendingAcks.size, 0);
    assert.ok(!client.isClosed);
  });

  test("throws to whoever broadcasts", async () => {
    class Broken extends Adapter {
      override broadcast(): void {
        throw new Error("no broker");
      }
    }
    const io = new MemoryServer({ adapter: Broken });
    const { client, socket } = await join(io);
    assert.throws(() => io.emit("a"), { message: "no broker" });
    socket.emit("b");
    assert.deepEqual(client.take(), ['2["b"]']);
  });
});
