import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { Socket } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Member, crowd, faultsOf, join, recorder } from "./client.ts";

/** Four members of `/`: alice and bob are in red, bob and carol in blue. */
async function stage(io: MemoryServer = new MemoryServer()) {
  const [alice, bob, carol, dave] = (await crowd(io, 4)) as [Member, Member, Member, Member];
  void alice.socket.join("red");
  void bob.socket.join(["red", "blue"]);
  void carol.socket.join("blue");
  const members = { alice, bob, carol, dave };
  const take = (): Record<string, unknown[]> => {
    const taken = Object.entries(members).map(([name, { client }]) => [name, client.take()] as const);
    return Object.fromEntries(taken.filter(([, packets]) => packets.length > 0));
  };
  /** Who got something; everybody got the same, once. */
  const who = (packet: string): string[] => {
    const taken = take();
    for (const packets of Object.values(taken)) assert.deepEqual(packets, [packet]);
    return Object.keys(taken);
  };
  return { io, ...members, take, who };
}

/** Answers the question that a client was asked last. */
function answer({ client }: Member, json: string): void {
  const question = client.take().findLast((packet) => String(packet).startsWith("2")) as string;
  client.send(`3${question.slice(1).split("[")[0]}${json}`);
}

describe("a broadcast", () => {
  test("reaches everybody, the union of rooms, and none of those excepted (BCO-2)", async () => {
    const { io, alice, who } = await stage();
    const cases: [() => unknown, string[]][] = [
      [() => io.emit("x"), ["alice", "bob", "carol", "dave"]],
      [() => io.sockets.emit("x"), ["alice", "bob", "carol", "dave"]],
      [() => io.to("red").emit("x"), ["alice", "bob"]],
      [() => io.in("blue").emit("x"), ["bob", "carol"]],
      [() => io.to("red").to("blue").emit("x"), ["alice", "bob", "carol"]],
      [() => io.to(["red", "blue"]).emit("x"), ["alice", "bob", "carol"]],
      [() => io.to("red").except("blue").emit("x"), ["alice"]],
      [() => io.except("red").emit("x"), ["carol", "dave"]],
      [() => io.except(["red", "blue"]).emit("x"), ["dave"]],
      [() => io.except("red").except("blue").emit("x"), ["dave"]],
      [() => io.to("red").except("red").emit("x"), []],
      [() => io.to("nowhere").emit("x"), []],
      [() => io.to(["nowhere", "red"]).emit("x"), ["alice", "bob"]],
      [() => io.to(alice.socket.id).emit("x"), ["alice"]],
      [() => io.to([]).emit("x"), ["alice", "bob", "carol", "dave"]],
      [() => io.local.volatile.compress(true).to("red").emit("x"), ["alice", "bob"]],
      [() => alice.socket.broadcast.emit("x"), ["bob", "carol", "dave"]],
      [() => alice.socket.to("red").emit("x"), ["bob"]],
      [() => alice.socket.in("blue").emit("x"), ["bob", "carol"]],
      [() => alice.socket.except("blue").emit("x"), ["dave"]],
      [() => alice.socket.local.emit("x"), ["bob", "carol", "dave"]],
      [() => alice.socket.to("red").to(alice.socket.id).emit("x"), ["bob"]],
      [() => alice.socket.broadcast.to("red").except("blue").emit("x"), []],
    ];
    for (const [emit, expected] of cases) {
      emit();
      assert.deepEqual(who('2["x"]'), expected, String(emit));
    }
  });

  test("stays in its namespace (NSP-3)", async () => {
    const { io, alice, take } = await stage();
    const admin = io.of("/admin");
    await alice.client.join("/admin");
    admin.emit("x");
    admin.to("red").emit("y");
    assert.deepEqual(take(), { alice: ['2/admin,["x"]'] });
    io.emit("z");
    assert.deepEqual(Object.keys(take()).length, 4);
  });

  test("returns true, and as send() and write() says `message` and returns the server (SRV-11..15)", async () => {
    const { io, take } = await stage();
    assert.equal(io.emit("x"), true);
    assert.equal(io.to("red").emit("x"), true);
    take();
    assert.equal(io.send("a"), io);
    assert.equal(io.sockets.write("b"), io.sockets);
    assert.deepEqual(take()["dave"], ['2["message","a"]', '2["message","b"]']);
  });

  test("is evaluated at the call: who joins or leaves later is not touched (G6)", async () => {
    const { io, alice, dave, who } = await stage();
    const red = io.to("red");
    void dave.socket.join("red");
    void alice.socket.leave("red");
    red.emit("x");
    void dave.socket.leave("red");
    assert.deepEqual(who('2["x"]'), ["bob", "dave"]);
  });

  test("does not reach sockets that are still in their middlewares", async () => {
    const io = new MemoryServer();
    io.use((socket, next) => {
      void socket.join("red");
      io.emit("x");
      io.to("red").emit("y");
      next();
    });
    const { client } = await join(io);
    assert.deepEqual(client.take(), []);
  });

  test("carries bytes, and does not change what it is given", async () => {
    const { io, take } = await stage();
    const value = { bytes: Uint8Array.of(1) };
    io.to("red").emit("x", value);
    const packets = ['51-["x",{"bytes":{"_placeholder":true,"num":0}}]', Uint8Array.of(1)];
    assert.deepEqual(take(), { alice: packets, bob: packets });
    assert.deepEqual(value, { bytes: Uint8Array.of(1) });
  });

  test("drops what is volatile for those that cannot take it now (G5, I10)", async () => {
    const { io, bob, who } = await stage(new MemoryServer({ limits: { highWaterMark: 100 } }));
    bob.client.ws.bufferedAmount = 100;
    io.volatile.emit("x");
    assert.deepEqual(who('2["x"]'), ["alice", "carol", "dave"]);
    io.to("red").emit("x");
    assert.deepEqual(who('2["x"]'), ["alice", "bob"]);
  });

  test("compresses unless told otherwise", async () => {
    const { io, alice } = await stage();
    alice.client.ws.compressed.length = 0;
    io.emit("a");
    io.compress(false).emit("b");
    io.compress(true).emit("c");
    io.emit("d");
    assert.deepEqual(alice.client.ws.compressed, [true, false, true, true]);
  });

  test("throws when the name is reserved or the arguments cannot be encoded", async () => {
    const { io, alice, take } = await stage();
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      assert.throws(() => io.emit(name), /reserved event name/);
      assert.throws(() => alice.socket.broadcast.emit(name), /reserved event name/);
    }
    assert.throws(() => io.emit("x", 1n), TypeError);
    assert.deepEqual(take(), {});
  });

  test("comes from operators that never change (BCO-1)", async () => {
    const { io, who } = await stage();
    const red = io.to("red");
    const both = red.to("blue");
    void red.except("blue");
    void red.volatile;
    red.emit("x");
    assert.deepEqual(who('2["x"]'), ["alice", "bob"]);
    both.emit("x");
    assert.deepEqual(who('2["x"]'), ["alice", "bob", "carol"]);
    io.emit("x");
    assert.deepEqual(who('2["x"]').length, 4);
  });

  test("survives a recipient that goes because of it", async () => {
    const { io, alice, bob, who } = await stage();
    alice.socket.onAnyOutgoing(() => void bob.socket.disconnect(true));
    io.emit("x");
    bob.client.take();
    assert.deepEqual(who('2["x"]'), ["alice", "carol", "dave"]);
  });
});

describe("a broadcast with an acknowledgement", () => {
  test("calls back once all have answered, with the first argument of each (BCO-3)", async () => {
    const { io, alice, bob, carol } = await stage();
    const { heard, hear } = recorder();
    io.to("red").timeout(1000).emit("x", hear("answers"));
    await io.host.settle();
    answer(alice, '["a",2]');
    assert.deepEqual(heard, []);
    answer(bob, '["b"]');
    assert.deepEqual(heard, [["answers", null, ["a", "b"]]]);
    assert.deepEqual(carol.client.take(), []);
    await io.host.advance(5000);
    assert.equal(heard.length, 1);
  });

  test("waits without a timeout too (BCO-3)", async () => {
    const { io, alice, bob } = await stage();
    const { heard, hear } = recorder();
    io.to("red").emit("x", hear("answers"));
    await io.host.advance(20_000);
    assert.deepEqual(heard, []);
    answer(bob, '["b"]');
    answer(alice, '["a"]');
    assert.deepEqual(heard, [["answers", null, ["b", "a"]]]);
  });

  test("calls back at once when there is nobody (BCO-3)", async () => {
    const { io } = await stage();
    const { heard, hear } = recorder();
    io.to("nowhere").timeout(1000).emit("x", hear("answers"));
    io.to("nowhere").emit("y", hear("answers"));
    await io.host.settle();
    assert.deepEqual(heard, [["answers", null, []], ["answers", null, []]]);
  });

  test("gives what it has when the time is over, and stops waiting (BCO-3)", async () => {
    const { io, alice, bob } = await stage();
    const { heard, hear } = recorder();
    io.to("red").timeout(1000).emit("x", (error: Error, responses: unknown[]) => hear(error.message)(responses));
    answer(bob, '["b"]');
    await io.host.advance(1000);
    assert.deepEqual(heard, [["operation has timed out", ["b"]]]);
    assert.equal(alice.socket.pendingAcks.size, 0);
    answer(alice, '["late"]');
    assert.equal(heard.length, 1);
  });

  test("tells of recipients that left, with the answers of the others (BCO-3)", async () => {
    const { io, alice, bob } = await stage();
    const { heard, hear } = recorder();
    io.to("red").timeout(1000).emit("x", (error: Error, responses: unknown[]) => hear(error.name)(responses));
    await io.host.settle();
    alice.client.ws.close();
    assert.deepEqual(heard, []);
    answer(bob, '["b"]');
    assert.deepEqual(heard, [["SocketDisconnectedError", ["b"]]]);
    await io.host.advance(5000);
    assert.equal(heard.length, 1);
  });

  test("settles when a recipient goes before it got the question", async () => {
    const { io, alice, bob } = await stage();
    const { heard, hear } = recorder();
    alice.socket.onAnyOutgoing(() => void bob.socket.disconnect());
    io.to("red").emit("x", (error: Error | null, responses: unknown[]) => hear(String(error?.name))(responses));
    answer(alice, '["a"]');
    await io.host.settle();
    assert.deepEqual(heard, [["SocketDisconnectedError", ["a"]]]);
  });

  test("as a promise resolves to the answers, or rejects with those there are (SRV-17/18)", async () => {
    const { io, alice, bob, carol } = await stage();
    const all = io.in("red").emitWithAck("x", 1);
    answer(alice, '["a"]');
    answer(bob, '["b"]');
    assert.deepEqual(await all, ["a", "b"]);
    const some = io.in("blue").timeout(1000).emitWithAck("x");
    answer(carol, '["c"]');
    const rejected = assert.rejects(some, { message: "operation has timed out", responses: ["c"] });
    await io.host.advance(1000);
    await rejected;
    assert.deepEqual(await io.to("nowhere").emitWithAck("x"), []);
    const everybody = io.emitWithAck("x");
    for (const member of [alice, bob, carol]) answer(member, "[1]");
    await io.host.settle();
    for (const [, socket] of io.sockets.sockets) if (socket.pendingAcks.size > 0) socket.disconnect();
    await assert.rejects(everybody, { name: "SocketDisconnectedError", responses: [1, 1, 1] });
  });

  test("from a socket asks the others (SOK-10..12)", async () => {
    const { io, alice, bob } = await stage();
    const answers = alice.socket.to("red").timeout(1000).emitWithAck("x");
    await io.host.settle();
    assert.deepEqual(alice.client.take(), []);
    answer(bob, '["b"]');
    assert.deepEqual(await answers, ["b"]);
  });

  test("keeps apart from other questions to the same socket (I13)", async () => {
    const { io, alice } = await stage();
    const { heard, hear } = recorder();
    alice.socket.emit("direct", hear("direct"));
    io.to(alice.socket.id).emit("first", hear("first"));
    io.to(alice.socket.id).emit("second", hear("second"));
    await io.host.settle();
    const ids = alice.client.take().map((packet) => String(packet).slice(1).split("[")[0]);
    assert.equal(new Set(ids).size, 3);
    alice.client.send(`3${ids[2]}[2]`, `3${ids[0]}[0]`, `3${ids[1]}[1]`);
    assert.deepEqual(heard, [["second", null, [2]], ["direct", 0], ["first", null, [1]]]);
  });

  test("that cannot be encoded throws, and calls back never", async () => {
    const { io } = await stage();
    const { heard, hear } = recorder();
    assert.throws(() => io.timeout(1000).emit("x", 1n, hear("answers")), TypeError);
    await assert.rejects(io.timeout(1000).emitWithAck("x", 1n), TypeError);
    await io.host.advance(5000);
    assert.deepEqual(heard, []);
  });

  test("rejects when the name is reserved", async () => {
    const { io } = await stage();
    let answers: Promise<unknown> | undefined;
    assert.doesNotThrow(() => (answers = io.to("red").emitWithAck("connect")));
    await assert.rejects(answers!, /reserved/);
  });

  test("whose callback throws is a fault, once (G32)", async () => {
    const { io } = await stage();
    const faults = faultsOf(io);
    io.to("nowhere").emit("x", () => {
      throw new Error("oops");
    });
    await io.host.settle();
    assert.deepEqual(faults, ["ack x: oops"]);
  });

  test("asks nobody more than maxPendingAcks, and nobody is in the way of others", async () => {
    const { io, alice, bob } = await stage(new MemoryServer({ limits: { maxPendingAcks: 1 } }));
    alice.socket.emit("owes", () => {});
    alice.client.take();
    for (let round = 0; round < 3; round++) {
      try {
        io.to("red").timeout(1000).emit("x", () => {});
      } catch {
        // Whether the broadcast throws or leaves alice out is not what counts here.
      }
    }
    assert.ok(alice.socket.pendingAcks.size <= 1, `${alice.socket.pendingAcks.size} acknowledgements are pending`);
    assert.ok(bob.socket.pendingAcks.size <= 1, `${bob.socket.pendingAcks.size} acknowledgements are pending`);
  });
});

describe("many sockets at once (BCO-4)", () => {
  test("fetchSockets() gives those that are selected", async () => {
    const { io, alice, bob, carol, dave } = await stage();
    const ids = async (found: Promise<readonly { readonly id: string }[]>) => (await found).map(({ id }) => id);
    const idsOf = (...members: Member[]) => members.map(({ socket }) => socket.id);
    assert.deepEqual(await ids(io.fetchSockets()), idsOf(alice, bob, carol, dave));
    assert.deepEqual(await ids(io.in("red").fetchSockets()), idsOf(alice, bob));
    assert.deepEqual(await ids(io.except("red").fetchSockets()), idsOf(carol, dave));
    assert.deepEqual(await ids(io.of("/").to("red").except("blue").fetchSockets()), idsOf(alice));
    assert.deepEqual(await ids(alice.socket.to("red").fetchSockets()), idsOf(bob));
    assert.deepEqual(await ids(io.local.in("nowhere").fetchSockets()), []);
    const [first] = await io.fetchSockets();
    assert.deepEqual(first?.handshake.address, "192.0.2.1");
    assert.deepEqual([...first.rooms], [alice.socket.id, "red"]);
  });

  test("socketsJoin() and socketsLeave() move them", async () => {
    const { io, alice, bob, carol, dave } = await stage();
    const has = (room: string): string[] => {
      const members: [string, Member][] = Object.entries({ alice, bob, carol, dave });
      return members.filter(([, { socket }]) => socket.rooms.has(room)).map(([name]) => name);
    };
    io.in("red").socketsJoin(["green", "yellow"]);
    assert.deepEqual([has("green"), has("yellow")], [["alice", "bob"], ["alice", "bob"]]);
    io.except("green").socketsJoin("white");
    assert.deepEqual(has("white"), ["carol", "dave"]);
    io.socketsLeave(["green", "yellow"]);
    assert.deepEqual([has("green"), has("yellow")], [[], []]);
    alice.socket.broadcast.socketsLeave("red");
    assert.deepEqual(has("red"), ["alice"]);
    io.socketsJoin("all");
    assert.equal(has("all").length, 4);
  });

  test("disconnectSockets() ends them, and their connections when told so", async () => {
    const { io, alice, bob, carol, dave } = await stage();
    io.in("red").disconnectSockets();
    assert.deepEqual([alice, bob, carol, dave].map(({ socket }) => socket.connected), [false, false, true, true]);
    assert.ok(!alice.client.isClosed);
    carol.socket.to("nowhere").disconnectSockets(true);
    io.in("blue").disconnectSockets(true);
    assert.ok(carol.client.isClosed);
    assert.ok(!dave.client.isClosed);
    io.disconnectSockets(true);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("allSockets() gives ids", async () => {
    const { io, alice, bob } = await stage();
    assert.deepEqual(await io.in("red").allSockets(), new Set([alice.socket.id, bob.socket.id]));
    assert.equal((await io.allSockets()).size, 4);
    assert.equal((await io.sockets.allSockets()).size, 4);
  });

  test("do not include sockets that are still in their middlewares", async () => {
    const io = new MemoryServer();
    const seen: unknown[] = [];
    io.use(async (socket: Socket, next) => {
      void socket.join("red");
      seen.push((await io.in("red").fetchSockets()).length, (await io.in("red").allSockets()).size);
      io.disconnectSockets(true);
      next();
    });
    const { client } = await join(io);
    assert.deepEqual(seen, [0, 0]);
    assert.ok(!client.isClosed);
  });
});
