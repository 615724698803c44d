import assert from "node:assert/strict";
import { describe, test } from "#test";
import { SocketDisconnectedError } from "../../src/index.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { join } from "./client.ts";

/** A promise, and what has become of it so far. */
function watch(promise: Promise<void>): { outcome: unknown } {
  const watched: { outcome: unknown } = { outcome: "waits" };
  promise.then(() => (watched.outcome = "resolved"), (error: unknown) => (watched.outcome = error));
  return watched;
}

describe("bufferedBytes and drained()", () => {
  test("tell what a WebSocket has not taken yet, and when there is room again", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 20 } });
    const { client, socket } = await join(io);
    client.ws.reads = false;
    socket.emit("a");
    const before = watch(socket.drained());
    socket.emit("b", "more than twenty bytes");
    const after = watch(socket.drained());
    await io.host.settle();
    assert.equal(socket.bufferedBytes, '42["a"]42["b","more than twenty bytes"]'.length);
    assert.deepEqual([before.outcome, after.outcome], ["resolved", "waits"]);
    client.ws.drain();
    await io.host.settle();
    assert.deepEqual([socket.bufferedBytes, after.outcome], [0, "resolved"]);
  });

  test("tell the same of what waits for a poll", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 1 } });
    const client = await connectPolling(io);
    await client.send("40");
    await client.receive();
    const [socket] = io.sockets.sockets.values();
    socket!.emit("a");
    assert.ok(socket!.bufferedBytes > 0);
    const drained = watch(socket!.drained());
    await io.host.settle();
    assert.equal(drained.outcome, "waits");
    await client.receive();
    assert.equal(drained.outcome, "resolved");
  });

  test("drained() looks by itself where the platform does not tell of room", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 1 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 1;
    const drained = watch(socket.drained());
    await io.host.advance(1000);
    assert.equal(drained.outcome, "waits");
    client.ws.bufferedAmount = 0;
    await io.host.advance(100);
    assert.equal(drained.outcome, "resolved");
  });

  test("drained() looks as often for one who waits again and again as for one who waits once", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 20 } });
    const { client, socket } = await join(io);
    for (let times = 0; times < 50; times++) {
      client.ws.reads = false;
      socket.emit("more than twenty bytes");
      const drained = socket.drained();
      client.ws.drain();
      await drained;
    }
    client.ws.bufferedAmount = 100;
    void socket.drained();
    let looks = 0;
    Object.defineProperty(client.ws, "bufferedAmount", { get: () => ((looks += 1), 100) });
    await io.host.advance(1000);
    assert.ok(looks <= 20, `${looks} looks`);
  });

  test("drained() rejects when the connection ends, and once it has", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 1 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 1;
    const drained = watch(socket.drained());
    client.ws.close();
    const late = watch(socket.drained());
    await io.host.settle();
    assert.ok(drained.outcome instanceof SocketDisconnectedError && late.outcome instanceof SocketDisconnectedError);
    await io.host.advance(1000);
    assert.equal(io.host.nextWakeUp, undefined, "nobody looks any more");
  });
});

describe("serial", () => {
  test("hands the next event on once the listeners of the one before are done (G8)", async () => {
    const io = new MemoryServer({ serial: true });
    const { client, socket } = await join(io);
    const heard: string[] = [];
    const finish: (() => void)[] = [];
    socket.on("slow", async (name: string) => {
      heard.push(`${name} begins`);
      await new Promise<void>((resolve) => finish.push(resolve));
      heard.push(`${name} ends`);
    });
    socket.on("quick", (name: string) => void heard.push(name));
    await client.say('2["quick","a"]', '2["slow","b"]', '2["slow","c"]', '2["quick","d"]');
    assert.deepEqual(heard, ["a", "b begins"]);
    finish[0]!();
    await io.host.settle();
    assert.deepEqual(heard.slice(2), ["b ends", "c begins"]);
    finish[1]!();
    await io.host.settle();
    assert.deepEqual(heard.slice(4), ["c ends", "d"]);
  });

  test("goes on after a listener that rejects, and holds no other socket up", async () => {
    const io = new MemoryServer({ serial: true });
    const failures: unknown[] = [];
    io.diagnostics.on("handler_error", (error) => failures.push(error));
    const [first, second] = [await join(io), await join(io)];
    const heard: string[] = [];
    first.socket.on("a", () => Promise.reject(new Error("oh")));
    first.socket.on("b", () => void heard.push("first b"));
    first.socket.on("never", () => new Promise(() => {}));
    second.socket.on("b", () => void heard.push("second b"));
    await first.client.say('2["a"]', '2["b"]', '2["never"]', '2["b"]');
    await second.client.say('2["b"]');
    assert.deepEqual(heard, ["first b", "second b"]);
    assert.equal(failures.length, 1);
  });

  test("still takes acknowledgements and leaving at once", async () => {
    const io = new MemoryServer({ serial: true });
    const { client, socket } = await join(io);
    socket.on("ask", async () => {
      assert.equal(await socket.emitWithAck("question"), 7);
      socket.emit("answered");
    });
    await client.say('2["ask"]', '2["other"]');
    client.take();
    await client.say("30[7]");
    assert.deepEqual(client.take(), ['2["answered"]']);
    await client.say('2["ask"]', "1");
    assert.ok(socket.disconnected);
  });

  test("lets maxQueuedEvents wait, and closes the connection one past it", async () => {
    const io = new MemoryServer({ serial: true, limits: { maxQueuedEvents: 2 } });
    const { client, socket } = await join(io);
    socket.on("never", () => new Promise(() => {}));
    await client.say('2["never"]', '2["a"]', '2["a"]');
    assert.ok(!client.isClosed);
    await client.say('2["a"]');
    assert.ok(client.isClosed);
    assert.deepEqual(io.metrics().limits, { maxQueuedEvents: 1 });
  });

  describe("lets maxQueuedBytes of a connection wait, in all its namespaces (G9)", () => {
    const event = '2["a"]';
    const elsewhere = '2/admin,["a"]';
    const binary = ['51-["a",{"_placeholder":true,"num":0}]', new Uint8Array(100)] as const;
    const maxQueuedBytes = event.length + elsewhere.length + binary[0].length + binary[1].length;

    /** A connection for which just as much waits as may; `finish` lets the listeners in `/` end. */
    async function full() {
      const io = new MemoryServer({ serial: true, limits: { maxQueuedBytes } });
      io.of("/admin").on("connection", (socket) => void socket.on("never", () => new Promise(() => {})));
      const { client, socket } = await join(io);
      await client.join("/admin");
      const finish: (() => void)[] = [];
      socket.on("never", () => new Promise<void>((resolve) => void finish.push(resolve)));
      await client.say('2["never"]', event, '2/admin,["never"]', elsewhere, ...binary);
      assert.ok(!client.isClosed);
      return { io, client, finish };
    }

    test("and closes it one past them", async () => {
      const { io, client } = await full();
      await client.say('2["b"]');
      assert.ok(client.isClosed);
      assert.deepEqual(io.metrics().limits, { maxQueuedBytes: 1 });
    });

    test("again, once they have been handed on", async () => {
      const { io, client, finish } = await full();
      finish[0]!();
      await io.host.settle();
      await client.say('2["never"]', ...binary, event);
      assert.ok(!client.isClosed);
      await client.say(event);
      assert.ok(client.isClosed);
    });

    test("again, once their socket has left, whatever its listeners still do", async () => {
      const { client } = await full();
      await client.say("1/admin,");
      await client.say(event, event);
      assert.ok(!client.isClosed);
      await client.say(event);
      assert.ok(client.isClosed);
    });
  });
});
