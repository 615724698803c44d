import assert from "node:assert/strict";
import { describe, test } from "#test";
import { type Socket, SocketDisconnectedError } from "../../src/index.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, crowd, faultsOf, join, recorder } from "./client.ts";

const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

describe("emit()", () => {
  test("sends name and arguments, and returns true (SOK-7/8)", async () => {
    const { client, socket } = await join(new MemoryServer());
    assert.equal(socket.emit("plain"), true);
    assert.equal(socket.emit("args", 1, "two", null, [3], { four: 4 }), true);
    assert.deepEqual(client.take(), ['2["plain"]', '2["args",1,"two",null,[3],{"four":4}]']);
  });

  test("throws when the name is reserved (SOK-7/8)", async () => {
    const { client, socket } = await join(new MemoryServer());
    for (const name of reserved) {
      assert.throws(() => socket.emit(name), { message: `"${name}" is a reserved event name` });
      assert.throws(() => socket.volatile.timeout(1).emit(name), /reserved/);
    }
    assert.deepEqual(client.take(), []);
  });

  test("throws what cannot be encoded, and sends and keeps nothing", async () => {
    const { client, socket } = await join(new MemoryServer());
    assert.throws(() => socket.emit("big", 1n), TypeError);
    assert.throws(() => socket.emit("big", 1n, () => {}), TypeError);
    assert.throws(() => socket.timeout(1).emit("big", 1n, () => {}), TypeError);
    await assert.rejects(socket.emitWithAck("big", 1n), TypeError);
    assert.equal(socket.pendingAcks.size, 0);
    assert.deepEqual(client.take(), []);
  });

  test("sends binary, and leaves what it is given as it was (W-53)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const value = { bytes: Uint8Array.of(1, 2), more: [Uint8Array.of(3).buffer] };
    socket.emit("binary", value);
    assert.deepEqual(client.take(), [
      '52-["binary",{"bytes":{"_placeholder":true,"num":0},"more":[{"_placeholder":true,"num":1}]}]',
      Uint8Array.of(1, 2),
      Uint8Array.of(3),
    ]);
    assert.deepEqual(value, { bytes: Uint8Array.of(1, 2), more: [Uint8Array.of(3).buffer] });
  });

  test("does nothing once the socket has left (SOK-19)", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.disconnect();
    client.take();
    assert.equal(socket.emit("late"), true);
    socket.send("late");
    assert.deepEqual(client.take(), []);
  });

  test("as send() and write() says `message`, and they return the socket (SOK-10)", async () => {
    const { client, socket } = await join(new MemoryServer());
    assert.equal(socket.send("a", 1), socket);
    assert.equal(socket.write("b"), socket);
    assert.equal(socket.volatile.send("c"), socket);
    assert.deepEqual(client.take(), ['2["message","a",1]', '2["message","b"]', '2["message","c"]']);
  });
});

describe("an acknowledgement", () => {
  test("is called with the client's arguments, once (G4, S41)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.emit("question", 1, hear("answer"));
    assert.deepEqual(client.take(), ['20["question",1]']);
    await client.say('30["yes",{"a":1}]', '30["again"]');
    assert.deepEqual(heard, [["answer", "yes", { a: 1 }]]);
    assert.equal(socket.pendingAcks.size, 0);
  });

  test("belongs to its own packet, whatever the order (I13)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    for (const name of ["a", "b", "c"]) socket.emit(name, hear(name));
    await client.say("32[2]", "30[0]", "39[9]", "31[1]");
    assert.deepEqual(heard, [["c", 2], ["a", 0], ["b", 1]]);
  });

  test("may carry bytes", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.emit("question", hear("answer"));
    await client.say('61-0[{"_placeholder":true,"num":0}]', Uint8Array.of(7));
    assert.deepEqual(heard, [["answer", Uint8Array.of(7)]]);
  });

  test("is dropped at the end where it has no place for an error (G4)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.emit("question", hear("answer"));
    client.ws.close();
    await client.say('30["late"]');
    assert.deepEqual(heard, []);
    assert.equal(socket.pendingAcks.size, 0);
  });

  test("that throws is reported once, and does no harm (G32)", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    const { client, socket } = await join(io);
    socket.emit("question", () => {
      throw new Error("oops");
    });
    socket.emit("question", async () => {
      throw new Error("oops later");
    });
    await client.say("30[]", "31[]");
    assert.deepEqual(faults, ["ack question: oops", "ack question: oops later"]);
    assert.ok(!client.isClosed);
  });

  test("is refused past maxPendingAcks, and room is made by an answer", async () => {
    const io = new MemoryServer({ limits: { maxPendingAcks: 2 } });
    const { client, socket } = await join(io);
    socket.emit("a", () => {});
    socket.emit("b", () => {});
    assert.throws(() => socket.emit("c", () => {}), /maxPendingAcks/);
    await assert.rejects(socket.emitWithAck("c"), /maxPendingAcks/);
    assert.deepEqual(client.take(), ['20["a"]', '21["b"]']);
    await client.say("30[]");
    socket.emit("d", () => {});
    assert.equal(client.take().length, 1);
  });
});

describe("timeout()", () => {
  test("puts an error first: null when the answer came in time (SOK-9)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.timeout(1000).emit("question", hear("answer"));
    await io.host.advance(999);
    await client.say('30["a","b"]');
    await io.host.advance(5000);
    assert.deepEqual(heard, [["answer", null, "a", "b"]]);
  });

  test("calls with an error when it did not, and a late answer is ignored (SOK-9)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.timeout(1000).emit("question", (...args: [Error]) => hear("answer")(args.length, args[0].message));
    await io.host.advance(1000);
    await client.say('30["late"]');
    assert.deepEqual(heard, [["answer", 1, "operation has timed out"]]);
    assert.equal(socket.pendingAcks.size, 0);
  });

  test("takes data for changed once it has called (G44)", async () => {
    const changed: unknown[] = [];
    const io = new MemoryServer({}, { changed: (session) => changed.push(session) });
    const { socket } = await join(io);
    socket.timeout(1000).emit("question", () => (socket.data.answered = false));
    changed.length = 0;
    await io.host.advance(999);
    assert.deepEqual(changed, []);
    await io.host.advance(1);
    assert.deepEqual(changed, [socket.conn]);
  });

  test("calls with a SocketDisconnectedError when the socket leaves first, once (G4)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.timeout(1000).emit("question", (error: Error) => hear("answer")(error instanceof SocketDisconnectedError, error.message));
    client.ws.close();
    await io.host.advance(5000);
    assert.deepEqual(heard, [["answer", true, "socket has been disconnected"]]);
  });

  test("calls with a SocketDisconnectedError when the socket has left already, later (G4)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    const { heard, hear } = recorder();
    socket.disconnect();
    socket.timeout(1000).emit("question", (error: Error) => hear(error.name)());
    assert.deepEqual(heard, []);
    await io.host.advance(5000);
    assert.deepEqual(heard, ["SocketDisconnectedError"]);
  });

  test("may be asked for again as soon as it has failed, and that keeps nobody else waiting (G10)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    let asked = 0;
    const ask = (): void => {
      if (++asked < 100) socket.timeout(1000).emit("question", (error: Error | null) => error && ask());
    };
    ask();
    socket.disconnect();
    await io.host.advance(999);
    assert.equal(asked, 2);
    await io.host.advance(1001);
    assert.equal(asked, 4);
  });

  test("leaves no deadline behind once it is answered (I19)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const next = io.host.nextWakeUp;
    socket.timeout(1_000_000).emit("question", () => {});
    await client.say("30[]");
    await io.host.advance(1);
    assert.equal(io.host.nextWakeUp, next);
  });
});

describe("emitWithAck()", () => {
  test("resolves to the first argument of the answer (SOK-7/8)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const answers = [socket.emitWithAck("a", 1), socket.timeout(1000).emitWithAck("b"), socket.volatile.emitWithAck("c")];
    assert.deepEqual(client.take(), ['20["a",1]', '21["b"]', '22["c"]']);
    client.send('30["first","second"]', "31[]", "32[null]");
    assert.deepEqual(await Promise.all(answers), ["first", undefined, null]);
  });

  test("rejects when the time is over (SOK-9)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    const rejected = assert.rejects(socket.timeout(1000).emitWithAck("a"), { message: "operation has timed out" });
    await io.host.advance(1000);
    await rejected;
  });

  test("rejects when the socket leaves, also without a timeout (G4)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const answers = [socket.emitWithAck("a"), socket.timeout(1000).emitWithAck("b")];
    const rejected = answers.map((answer) => assert.rejects(answer, SocketDisconnectedError));
    await client.say("1");
    await Promise.all(rejected);
  });

  test("rejects when the socket has left already (G4)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    socket.disconnect();
    const rejected = assert.rejects(socket.emitWithAck("a"), SocketDisconnectedError);
    await io.host.settle();
    await rejected;
  });

  test("that is repeated until it succeeds lets others have their turn, though the socket has left (G10)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    socket.disconnect();
    let attempts = 0;
    const insist = async (): Promise<unknown> => (++attempts < 100 ? socket.emitWithAck("a").catch(insist) : undefined);
    void insist();
    await io.host.endTurn();
    assert.equal(attempts, 1);
  });

  test("rejects when the name is reserved", async () => {
    const { socket } = await join(new MemoryServer());
    let answer: Promise<unknown> | undefined;
    assert.doesNotThrow(() => (answer = socket.emitWithAck("connect")));
    await assert.rejects(answer!, /reserved/);
  });
});

describe("volatile", () => {
  test("is dropped while the WebSocket holds highWaterMark bytes, and goes again below (G5)", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 100 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 99;
    socket.volatile.emit("a");
    client.ws.bufferedAmount = 100;
    assert.equal(socket.volatile.emit("b"), true);
    socket.emit("c");
    client.ws.drain();
    socket.volatile.emit("d");
    assert.deepEqual(client.take(), ['2["a"]', '2["c"]', '2["d"]']);
  });

  test("drops a packet together with its attachments (9.18)", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 100 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 100;
    socket.volatile.emit("a", Uint8Array.of(1));
    assert.deepEqual(client.take(), []);
    client.ws.drain();
    socket.volatile.emit("b", Uint8Array.of(2));
    assert.equal(client.take().length, 2);
  });

  test("is dropped on polling unless a poll waits and nothing is queued (G5)", async () => {
    const io = new MemoryServer();
    const client = await connectPolling(io);
    await client.send("40");
    await client.receive();
    const [socket] = io.sockets.sockets.values() as Iterable<Socket>;
    socket!.volatile.emit("no poll waits");
    const poll = client.poll();
    await io.host.settle();
    socket!.volatile.emit("a poll waits");
    socket!.volatile.emit("something is queued");
    await io.host.settle();
    assert.equal(poll.body, '42["a poll waits"]');
  });

  test("asks in vain when it is dropped, and says so in time", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 100 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 100;
    const rejected = assert.rejects(socket.volatile.timeout(1000).emitWithAck("a"), /timed out/);
    assert.deepEqual(client.take(), []);
    await io.host.advance(1000);
    await rejected;
  });
});

describe("modifiers", () => {
  test("leak into no later emit (SOK-10..12)", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 100 } });
    const { client, socket } = await join(io);
    void socket.volatile;
    void socket.compress(false);
    void socket.timeout(1);
    void socket.to("nowhere");
    void socket.broadcast;
    client.ws.bufferedAmount = 100;
    client.ws.compressed.length = 0;
    const { heard, hear } = recorder();
    socket.emit("a", hear("answer"));
    await io.host.advance(10);
    await client.say('30["b"]');
    assert.deepEqual(client.take(), ['20["a"]']);
    assert.deepEqual(client.ws.compressed, [true]);
    assert.deepEqual(heard, [["answer", "b"]]);
  });

  test("add up in any order, and can be kept and used again", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    client.ws.compressed.length = 0;
    const kept = socket.compress(false).timeout(1000).volatile;
    const { heard, hear } = recorder();
    kept.emit("a", hear("a"));
    kept.emit("b", hear("b"));
    socket.volatile.timeout(1000).compress(true).emit("c");
    await client.say("30[1]", "31[2]");
    assert.deepEqual(client.ws.compressed, [false, false, true]);
    assert.deepEqual(heard, [["a", null, 1], ["b", null, 2]]);
  });

  test("hold for a broadcast as well", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 100 } });
    const [alice, bob] = await crowd(io, 2);
    bob!.client.ws.compressed.length = 0;
    alice!.socket.compress(false).broadcast.emit("a");
    bob!.client.ws.bufferedAmount = 100;
    alice!.socket.volatile.broadcast.emit("b");
    alice!.socket.volatile.to("nowhere").emit("c");
    alice!.socket.volatile.local.emit("d");
    alice!.socket.volatile.except("nowhere").emit("e");
    alice!.socket.timeout(1).in("nowhere").emit("f");
    assert.deepEqual(bob!.client.take(), ['2["a"]']);
    assert.deepEqual(bob!.client.ws.compressed, [false]);
    assert.deepEqual(alice!.client.take(), []);
  });
});

describe("onAnyOutgoing()", () => {
  test("may change data, also while somebody else emits (G44)", async () => {
    const changed: unknown[] = [];
    const io = new MemoryServer({}, { changed: (session) => changed.push(session) });
    const { socket } = await join(io);
    socket.onAnyOutgoing((event) => (socket.data.last = event));
    changed.length = 0;
    io.emit("news");
    assert.deepEqual(changed, [socket.conn]);
  });

  test("hears emits and broadcasts, but no acknowledgements (SOK-16/17)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.onAnyOutgoing(hear("out"));
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
    socket.emit("a", 1);
    socket.emit("b", 2, () => {});
    io.emit("c", 3);
    io.to(socket.id).emit("d");
    socket.broadcast.emit("e");
    socket.volatile.emit("f");
    await client.say('20["question"]');
    assert.deepEqual(heard, [["out", "a", 1], ["out", "b", 2], ["out", "c", 3], ["out", "d"], ["out", "f"]]);
  });

  test("is called as a method of the socket, as onAny() is", async () => {
    const { client, socket } = await join(new MemoryServer());
    const called: unknown[] = [];
    const listener = function (this: Socket | undefined, event: string): void {
      called.push([event, this]);
    };
    socket.onAny(listener).onAnyOutgoing(listener);
    client.send('2["in"]');
    socket.emit("out");
    assert.deepEqual(called, [["in", socket], ["out", socket]]);
  });

  test("is called in order, and can be taken back", async () => {
    const { socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    const [first, second, third] = [hear("first"), hear("second"), hear("third")];
    assert.equal(socket.onAnyOutgoing(second).onAnyOutgoing(third).prependAnyOutgoing(first), socket);
    assert.deepEqual(socket.listenersAnyOutgoing(), [first, second, third]);
    socket.emit("a");
    assert.equal(socket.offAnyOutgoing(second), socket);
    assert.deepEqual(socket.listenersAnyOutgoing(), [first, third]);
    socket.offAnyOutgoing();
    socket.emit("b");
    assert.deepEqual(socket.listenersAnyOutgoing(), []);
    assert.deepEqual(heard, [["first", "a"], ["second", "a"], ["third", "a"]]);
  });

  test("may add and remove listeners while it is being called", async () => {
    const { socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    const late = hear("late");
    const once = (): void => {
      hear("once")();
      socket.offAnyOutgoing(once).onAnyOutgoing(late);
    };
    socket.onAnyOutgoing(once).onAnyOutgoing(hear("second"));
    socket.emit("a");
    socket.emit("b");
    assert.deepEqual(heard, ["once", ["second", "a"], ["second", "b"], ["late", "b"]]);
  });
});

describe("data", () => {
  test("is the app's, also as a whole (SOK-4..6)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    assert.deepEqual(Object.keys(socket.data as object), []);
    socket.data.name = "alice";
    const [same] = await io.fetchSockets();
    assert.equal(same?.data.name, "alice");
    socket.data = { name: "bob" };
    assert.deepEqual((await io.fetchSockets())[0]?.data, { name: "bob" });
  });

  test("and the rest of a socket may be extended by tools (6.1)", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    for (const it of [io, io.sockets, socket, socket.client, socket.conn, io.engine]) assert.ok(Object.isExtensible(it));
    assert.equal(socket.client.conn, socket.conn);
    assert.equal(socket.conn.transport.name, "websocket");
    assert.equal(socket.conn.protocol, 4);
    assert.equal(socket.recovered, false);
    assert.equal(socket.nsp.server, io);
  });
});

describe("SocketDisconnectedError", () => {
  test("is an Error with a name of its own", async () => {
    const client = await connect(new MemoryServer());
    assert.ok(!client.isClosed);
    const error = new SocketDisconnectedError();
    assert.ok(error instanceof Error);
    assert.deepEqual([error.name, error.message], ["SocketDisconnectedError", "socket has been disconnected"]);
  });
});
