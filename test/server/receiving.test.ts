import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { Event } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { faultsOf, join, recorder } from "./client.ts";

describe("an incoming event", () => {
  test("reaches its listeners with its arguments, in order of arrival (G8)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.on("a", hear("a"));
    socket.on("b", hear("first"));
    socket.on("b", hear("second"));
    client.send('2["a",1,"two",null]', '2["b",{"c":[3]}]', '2["nobody"]', '2["a"]');
    assert.deepEqual(heard, [["a", 1, "two", null], ["first", { c: [3] }], ["second", { c: [3] }], "a"]);
  });

  test("may carry bytes, of the type that the runtime chooses (W-53)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.on("a", hear("a"));
    client.send('52-["a",{"_placeholder":true,"num":1},[{"_placeholder":true,"num":0}]]', Uint8Array.of(1));
    assert.deepEqual(heard, []);
    client.send(Uint8Array.of(2));
    assert.deepEqual(heard, [["a", Uint8Array.of(2), [Uint8Array.of(1)]]]);
  });

  test("may be named by a number (S13)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.on("123", hear("123"));
    client.send("2[123,1]");
    assert.deepEqual(heard, [["123", 1]]);
  });

  test("may be named like a property of every object, or not at all (S15)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    for (const name of ["__proto__", "constructor", "", "error", "connection"]) {
      socket.on(name, hear(name));
      client.send(`2[${JSON.stringify(name)},1]`);
    }
    assert.deepEqual(heard, [["__proto__", 1], ["constructor", 1], ["", 1], ["error", 1], ["connection", 1]]);
    assert.ok(!client.isClosed);
  });

  test("is answered by its last argument: the first call counts (SOK-20, I14)", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.on("question", (text: string, answer: (...args: unknown[]) => void) => {
      answer(text, 2);
      answer("again");
    });
    client.send('20["question","why"]', '21["question","how"]');
    assert.deepEqual(client.take(), ['30["why",2]', '31["how",2]']);
  });

  test("is answered with the id that it came with, to the digit", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.on("question", (answer: () => void) => answer());
    client.send('29007199254740991["question"]', '2007["question"]');
    assert.deepEqual(client.take(), ["39007199254740991[]", "37[]"]);
  });

  test("may be answered with bytes, and later", async () => {
    const { client, socket } = await join(new MemoryServer());
    let answer = (_bytes: Uint8Array): void => {};
    socket.on("question", (it: typeof answer) => void (answer = it));
    client.send('25["question"]');
    answer(Uint8Array.of(1));
    assert.deepEqual(client.take(), ['61-5[{"_placeholder":true,"num":0}]', Uint8Array.of(1)]);
  });

  test("is not answered once the socket has left", async () => {
    const { client, socket } = await join(new MemoryServer());
    let answer = (): void => {};
    socket.on("question", (it: () => void) => void (answer = it));
    client.send('20["question"]', "1");
    answer();
    assert.deepEqual(client.take(), []);
  });

  test("whose answer cannot be encoded is a fault of the listener", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    const { client, socket } = await join(io);
    socket.on("question", (answer: (value: unknown) => void) => answer(1n));
    client.send('20["question"]');
    assert.equal(faults.length, 1);
    assert.ok(!client.isClosed);
  });

  test("is dropped after the end (S46, G7)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.on("a", hear("a")).onAny(hear("any"));
    socket.on("disconnect", () => hear("disconnect")());
    client.send("1", '2["a"]');
    assert.deepEqual(heard, ["disconnect"]);
  });
});

describe("use() of a socket", () => {
  test("sees each event, and may rewrite it (SOK-14)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.on("a", hear("a")).on("b", hear("b"));
    const returned = socket.use((event, next) => {
      hear("saw")(...event);
      event[1] = "rewritten";
      event.push("more");
      next();
    });
    assert.equal(returned, socket);
    socket.use((event: Event, next) => {
      if (event[0] === "a") event[0] = "b";
      next();
    });
    client.send('2["a",1]');
    assert.deepEqual(heard, [["saw", "a", 1], ["b", "rewritten", "more"]]);
  });

  test("turns next(error) into an error event of this socket (SOK-14)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    const error = new Error("no");
    socket.use((_event, next) => next(error)).use(hear("second"));
    socket.on("a", hear("a"));
    client.send('2["a"]');
    assert.deepEqual(heard, [], "an error that nobody listens for does no harm");
    socket.on("error", hear("error"));
    client.send('2["a"]');
    assert.deepEqual(heard, [["error", error]]);
    assert.ok(!client.isClosed);
  });

  test("may take its time, and keeps its event from a socket that has left (G7)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    const answers: ((error?: Error) => void)[] = [];
    socket.use((_event, next) => void answers.push(next));
    socket.on("a", hear("a")).on("error", hear("error"));
    client.send('2["a",1]', '2["a",2]', '2["a",3]');
    answers[0]?.();
    assert.deepEqual(heard, [["a", 1]]);
    client.send("1");
    answers[1]?.();
    answers[2]?.(new Error("late"));
    assert.deepEqual(heard, [["a", 1]]);
  });

  test("lets events through in the order in which it decides on them, also with `serial` (G8)", async () => {
    for (const serial of [false, true]) {
      const { client, socket } = await join(new MemoryServer({ serial }));
      const { heard, hear } = recorder();
      const answers: (() => void)[] = [];
      socket.use((_event, next) => void answers.push(next));
      socket.on("a", hear("a"));
      client.send('2["a",1]', '2["a",2]');
      for (const answer of answers.toReversed()) answer();
      assert.deepEqual(heard, [["a", 2], ["a", 1]]);
    }
  });

  test("counts once when it calls next() twice", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.use((_event, next) => (next(), next(), next(new Error("late"))));
    socket.on("a", hear("a")).on("error", hear("error"));
    client.send('2["a"]');
    assert.deepEqual(heard, ["a"]);
  });

  test("that throws or rejects drops the event and is reported (G32)", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.use(async ([, how]) => {
      if (how === "reject") throw new Error("rejected");
    });
    socket.use(() => {});
    socket.on("a", hear("a")).on("error", hear("error"));
    await client.say('2["a","reject"]');
    const second = await join(io);
    second.socket.use(() => {
      throw new Error("thrown");
    });
    second.socket.on("a", hear("a")).on("error", hear("error"));
    await second.client.say('2["a"]');
    assert.deepEqual(faults, ["socket middleware a: rejected", "socket middleware a: thrown"]);
    assert.deepEqual(heard, []);
    assert.ok(!client.isClosed);
  });

  test("added during an event is for the next one", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.use((_event, next) => {
      hear("first")();
      socket.use((_later, go) => (hear("late")(), go()));
      next();
    });
    socket.on("a", hear("a"));
    client.send('2["a"]', '2["a"]');
    assert.deepEqual(heard, ["first", "a", "first", "late", "a"]);
  });
});

describe("onAny()", () => {
  test("hears each event first, with the acknowledgement (SOK-16/17)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.onAny((event: string, ...args: unknown[]) => hear("any")(event, ...args.map((arg) => typeof arg)));
    socket.use((_event, next) => (hear("use")(), next()));
    socket.on("a", () => hear("listener")());
    client.send('20["a",1]', '2["nobody"]');
    assert.deepEqual(heard, [["any", "a", "number", "function"], "use", "listener", ["any", "nobody"], "use"]);
  });

  test("may answer", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.onAny((_event, answer: (text: string) => void) => answer("any"));
    socket.on("a", (answer: (text: string) => void) => answer("late"));
    client.send('20["a"]');
    assert.deepEqual(client.take(), ['30["any"]']);
  });

  test("is called in order, and can be taken back", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    const [first, second, third] = [hear("first"), hear("second"), hear("third")];
    assert.equal(socket.onAny(second).onAny(third).prependAny(first), socket);
    assert.deepEqual(socket.listenersAny(), [first, second, third]);
    client.send('2["a"]');
    assert.equal(socket.offAny(second), socket);
    assert.deepEqual(socket.listenersAny(), [first, third]);
    socket.onAny(first).offAny(first);
    assert.deepEqual(socket.listenersAny(), [third, first]);
    assert.throws(() => socket.onAny("a" as never), /expected a function, got string/);
    socket.offAny();
    client.send('2["b"]');
    assert.deepEqual(socket.listenersAny(), []);
    assert.deepEqual(heard, [["first", "a"], ["second", "a"], ["third", "a"]]);
  });

  test("does not hear reserved events, nor what goes out", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.onAny(hear("any"));
    socket.emit("out");
    client.send("1");
    assert.deepEqual(heard, []);
  });

  test("that disconnects the socket keeps the event from it (G7)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { heard, hear } = recorder();
    socket.onAny(() => socket.disconnect());
    socket.on("a", hear("a"));
    client.send('2["a"]');
    assert.deepEqual(heard, []);
    assert.deepEqual(client.take(), ["1"]);
  });
});

describe("a broken packet", () => {
  test("is an error event of each socket, then the end (4.6)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    io.of("/admin");
    const admin = io.of("/admin").sockets.get(await client.join("/admin"))!;
    const { heard, hear } = recorder();
    for (const each of [socket, admin]) {
      each.on("error", (error) => hear("error")(error.message));
      each.on("disconnect", hear("disconnect"));
    }
    client.send("2{}");
    assert.deepEqual(heard, [
      ["error", "invalid payload"],
      ["error", "invalid payload"],
      ["disconnect", "forced close"],
      ["disconnect", "forced close"],
    ]);
  });

  test("does no harm beyond its connection when nobody listens", async () => {
    const io = new MemoryServer();
    const first = await join(io);
    const second = await join(io);
    first.client.send("9");
    assert.ok(first.client.isClosed);
    assert.ok(second.socket.connected);
  });

  test("is one whose attachments do not come in reassemblyTimeout (S29)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.on("error", (error) => hear("error")(error.message));
    socket.on("a", hear("a"));
    client.send('52-["a",{"_placeholder":true,"num":0}]', Uint8Array.of(1));
    await io.host.advance(9_999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
    assert.equal(heard.length, 1);
  });

  test("of a client that is complete in time leaves no deadline behind", async () => {
    const io = new MemoryServer();
    const { client } = await join(io);
    client.send('51-["a",{"_placeholder":true,"num":0}]', Uint8Array.of(1));
    await io.host.advance(20_000);
    assert.ok(!client.isClosed);
  });
});
