/** SOK rows about talking: emitting, acknowledgements, rooms, middlewares, listeners, leaving. */
import { next, section } from "./stage.ts";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

export const socketSections = [
  section("SOK-7/8: emit()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    stage.print("emit", socket.emit("plain"), socket.emit("args", 1, "two", null, [3], { four: 4 }));
    for (const name of RESERVED) stage.attempt(name, () => socket.emit(name));
  }),

  section("SOK-7/8: emit() with an acknowledgement", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const answered = new Promise<void>((resolve) => {
      const emitted = alice.socket.emit("question", 1, (...args: unknown[]) => resolve(stage.print("answered", ...args)));
      stage.print("emit", emitted);
    });
    await alice.answer('["yes",{"a":1}]');
    await answered;
    alice.send('430["a second time"]');
    alice.send('4399["never asked"]');
    alice.send('42["end"]');
    await next(alice.socket, "end");
  }),

  section("SOK-7/8: emitWithAck()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const answer = alice.socket.emitWithAck("question", 1);
    await alice.answer('["first","second"]');
    stage.print("answer", await answer);
  }),

  section("SOK-7/8: emitWithAck() to a client that leaves", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    let state = "pending";
    alice.socket.emitWithAck("question").then(() => (state = "resolved"), () => (state = "rejected"));
    alice.send("41");
    await next(alice.socket, "disconnect");
    await new Promise(setImmediate);
    stage.print("state", state);
  }),

  section("SOK-9: timeout()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const late = new Promise<void>((resolve) => {
      alice.socket.timeout(20).emit("late", (...args: unknown[]) => resolve(stage.print("late", ...args)));
    });
    await late;
    await alice.answer('["too late"]');
    const inTime = new Promise<void>((resolve) => {
      alice.socket.timeout(5000).emit("in time", 1, (...args: unknown[]) => resolve(stage.print("in time", ...args)));
    });
    await alice.answer('["a","b"]');
    await inTime;
  }),

  section("SOK-9: timeout() and emitWithAck()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    await alice.socket.timeout(20).emitWithAck("late").catch((error) => stage.print("rejected", error));
    await alice.show();
    const answer = alice.socket.timeout(5000).emitWithAck("in time");
    await alice.answer('["a","b"]');
    stage.print("answer", await answer);
  }),

  section("SOK-10..12: send, write and modifiers", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const bob = await stand.join("bob");
    const { socket } = alice;
    void bob.socket.join("red");
    void socket.join("red");
    stage.print("send", socket.send("sent", 1));
    stage.print("write", socket.write("written"));
    stage.print("to", socket.to("red").emit("to red"));
    stage.print("in", socket.in("red").emit("in red"));
    stage.print("except", socket.except("red").emit("except red"));
    stage.print("broadcast", socket.broadcast.emit("broadcast"));
    stage.print("local", socket.local.emit("local"));
    stage.print("compress", socket.compress(false).emit("uncompressed"));
    stage.print("to(own id)", socket.to(socket.id).emit("to myself"));
    stage.print("emit", socket.emit("only alice"));
    stand.io.emit("end");
    await alice.showUntil('42["end"]');
    await bob.showUntil('42["end"]');
  }),

  section("SOK-10..12: chained modifiers", async (stage) => {
    const stand = await stage.serve();
    const [alice, bob, carol] = [await stand.join("alice"), await stand.join("bob"), await stand.join("carol")];
    void bob.socket.join(["red", "blue"]);
    void carol.socket.join("blue");
    alice.socket.to("red").to("blue").emit("both rooms, once");
    alice.socket.to(["red", "blue"]).emit("array");
    alice.socket.to("blue").except("red").emit("blue but not red");
    alice.socket.broadcast.to("red").emit("broadcast to red");
    alice.socket.local.to("red").compress(true).emit("local to red");
    stand.io.emit("end");
    for (const guest of [alice, bob, carol]) await guest.showUntil('42["end"]');
  }),

  section("SOK-10..12: modifiers do not leak", async (stage) => {
    const stand = await stage.serve();
    const [alice, bob] = [await stand.join("alice"), await stand.join("bob")];
    void bob.socket.join("red");
    const toRed = alice.socket.to("red");
    stage.print("a new operator", toRed !== alice.socket.to("red"));
    alice.socket.emit("to alice");
    toRed.emit("to red");
    toRed.emit("to red again");
    alice.socket.broadcast.emit("to all others");
    stand.io.emit("end");
    await alice.showUntil('42["end"]');
    await bob.showUntil('42["end"]');
  }),

  section("SOK-10..12: a modifier that is not used", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    void alice.socket.timeout(10_000);
    const answered = new Promise<void>((resolve) => {
      alice.socket.emit("question", (...args: unknown[]) => resolve(stage.print("answered", ...args)));
    });
    await alice.answer('["yes"]');
    await answered;
  }),

  section("SOK-10..12: volatile", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    stage.print("volatile.emit", alice.socket.volatile.emit("quiet", 1));
    await alice.show();
    alice.socket.emit("normal");
    await alice.show();
  }),

  section("SOK-10..12: volatile on a polling session", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    stage.print("CONNECT", (await poller.get()).text);
    stage.print("nobody polls", socket.volatile.emit("lost"));
    socket.emit("kept");
    stage.print("poll", (await poller.get()).text);
  }),

  section("SOK-13: join(), leave()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    stage.print("join", socket.join("red"), socket.join(["blue", "green"]));
    stage.print("rooms", socket.rooms);
    stage.print("leave", socket.leave("blue"), socket.leave("nowhere"));
    stage.print("rooms", socket.rooms, socket.nsp.adapter.rooms);
    alice.send("41");
    await next(socket, "disconnect");
    stage.print("join", socket.join("after"));
    stage.print("rooms", socket.rooms, socket.nsp.adapter.rooms);
  }),

  section("SOK-14: use()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    const returned = socket.use((event, done) => {
      stage.print("first", event);
      if (event[0] === "refused") done(Object.assign(new Error("refused"), { data: 1 }));
      else if (event[0] === "renamed") {
        event[0] = "new name";
        event[1] = "new argument";
        done();
      } else setImmediate(done);
    });
    stage.print("use", returned === socket);
    socket.use(([name, ...args], done) => {
      stage.print("second", name, ...args);
      done();
    });
    socket.on("plain", stage.printer("plain"));
    socket.on("renamed", stage.printer("must not be heard"));
    socket.on("new name", stage.printer("new name"));
    socket.on("refused", stage.printer("must not be heard"));
    socket.on("error", (error) => stage.print("error", error));
    alice.send('42["plain",1]');
    await next(socket, "plain");
    alice.send('42["renamed",1]');
    await next(socket, "new name");
    alice.send('42["refused"]');
    await next(socket, "error");
  }),

  section("SOK-14: a refusal without an error listener", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    alice.socket.use(([name], done) => done(name === "refused" ? new Error("no") : undefined));
    alice.send('42["refused"]');
    alice.send('42["fine"]');
    await next(alice.socket, "fine");
    stage.print("alive", alice.socket.connected);
  }),

  section("SOK-15: disconnect()", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const chat = await stand.enter(alice, { namespace: stand.io.of("/chat").name });
    chat.on("disconnecting", (reason, description) => stage.print("disconnecting", reason, description));
    chat.on("disconnect", (reason, description) => stage.print("disconnect", reason, description));
    stage.print("disconnect()", chat.disconnect());
    stage.print("disconnect() again", chat.disconnect());
    await alice.show();
    stage.print("engine", chat.conn.readyState);
    alice.send("40/chat,");
    await alice.show();
  }),

  section("SOK-15: disconnect(true)", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const root = alice.socket;
    const chat = await stand.enter(alice, { namespace: stand.io.of("/chat").name });
    root.on("disconnect", (reason) => stage.print("root disconnect", reason));
    chat.on("disconnect", (reason) => stage.print("chat disconnect", reason));
    stage.print("disconnect(true)", root.disconnect(true) === root);
    await alice.show(3);
  }),

  section("SOK-16/17: onAny()", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    const last = stage.printer("last");
    stage.print("onAny", socket.onAny(last) === socket);
    stage.print("prependAny", socket.prependAny(stage.printer("first")) === socket);
    stage.print("listenersAny", socket.listenersAny().length, socket.listenersAny()[1] === last);
    socket.use((_event, done) => {
      stage.print("use");
      done();
    });
    socket.on("asked", stage.printer("asked"));
    alice.send('427["asked",1]');
    await next(socket, "asked");
    stage.print("offAny(last)", socket.offAny(last) === socket, socket.listenersAny().length);
    stage.print("offAny()", socket.offAny() === socket, socket.listenersAny().length);
    alice.send('42["asked",2]');
    await next(socket, "asked");
    alice.send('42["unheard"]');
    alice.send('42["asked",3]');
    await next(socket, "asked");
  }),

  section("SOK-16/17: onAnyOutgoing()", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const { socket } = alice;
    const last = stage.printer("last");
    stage.print("onAnyOutgoing", socket.onAnyOutgoing(last) === socket);
    stage.print("prependAnyOutgoing", socket.prependAnyOutgoing(stage.printer("first")) === socket);
    stage.print("outgoing listeners", socket.listenersAnyOutgoing().length);
    socket.emit("direct", 1, Buffer.from([1]));
    socket.emit("asking", () => {});
    stand.io.emit("broadcast", 2);
    socket.to(socket.id).emit("not to alice");
    socket.on("asked", (answer) => answer("acks are not seen"));
    alice.send('427["asked"]');
    await next(socket, "asked");
    stage.print("offAnyOutgoing", socket.offAnyOutgoing(last) === socket, socket.listenersAnyOutgoing().length);
    socket.emit("direct", 2);
    stage.print("offAnyOutgoing()", socket.offAnyOutgoing() === socket, socket.listenersAnyOutgoing().length);
    socket.emit("end");
    await alice.showUntil('42["end"]');
  }),

  section("SOK-18: leaving of one's own accord", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    void socket.join("red");
    socket.on("disconnecting", (reason, description) => stage.print("disconnecting", reason, description, socket.rooms));
    socket.on("disconnect", (reason, description) => stage.print("disconnect", reason, description, socket.rooms));
    alice.send("41");
    await next(socket, "disconnect");
    stage.print("engine", socket.conn.readyState);
  }),

  section("SOK-18: a lost connection", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    socket.on("disconnecting", (reason) => stage.print("disconnecting", reason));
    socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    alice.drop();
    await next(socket, "disconnect");
    stage.print("engine", socket.conn.readyState);
  }),

  section("SOK-18: an error from the app itself", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    stage.attempt("without listener", () => alice.socket.emit("error", "text"));
    await alice.show();
  }),

  section("SOK-19: events that wait behind a disconnect", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    stage.print("poll", (await poller.get()).text);
    socket.on("event", (n) => {
      stage.print("event", n);
      socket.disconnect();
    });
    socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    await poller.post(['42["event",1]', '42["event",2]'].join("\x1e"));
    stage.print("poll", (await poller.get()).text);
    stage.print("engine", socket.conn.readyState);
  }),

  section("SOK-19: emitting after a disconnect", async (stage) => {
    const stand = await stage.serve();
    stand.io.of("/end").use((_socket, done) => done(new Error("end")));
    const alice = await stand.join("alice");
    const { socket } = alice;
    socket.on("disconnect", () => stage.print("emit in disconnect", socket.emit("in disconnect")));
    socket.emit("last words");
    socket.disconnect();
    stage.print("emit", socket.emit("afterwards"));
    stand.io.to(socket.id).emit("to the room of its id");
    alice.write("40/end,");
    await alice.showUntil('44/end,{"message":"end"}');
  }),

  section("SOK-20: answering the client", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    socket.on("asked", (...args) => {
      stage.print("asked", ...args);
      const answer = args.at(-1) as (...values: unknown[]) => unknown;
      stage.print("answer", answer("one", { two: 2 }));
      answer("a second time");
      socket.emit("end");
    });
    alice.send('427["asked",1]');
    await alice.showUntil('42["end"]');
    alice.send('428["asked"]');
    await alice.showUntil('42["end"]');
  }),

  section("SOK-20: answering with bytes", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    alice.socket.on("asked", (answer) => answer(Buffer.from([1]), { deep: new Uint8Array([2, 3]) }));
    alice.send('4212["asked"]');
    await alice.show(3);
  }),
];
