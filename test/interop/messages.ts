/** Events and acknowledgements, text and bytes, both ways. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { type Arena, calm, next } from "./arena.ts";
import { Queue } from "./queue.ts";

const VALUES = ["text", 1, -0.5, true, null, [1, ["two"]], { three: { four: [{}] } }, "é \u{1f600} \u2028", ""];

const ASCII_VALUES = VALUES.filter((value) => typeof value !== "string" || !value.startsWith("é"));

export function defineMessages(arena: Arena): void {
  const { pollsAsciiOnly, engineProtocol } = arena.library;
  const values = pollsAsciiOnly && arena.lastTransport === "polling" ? ASCII_VALUES : VALUES;

  test("the connection ends up on the expected transport", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    assert.equal(client.io.engine.transport.name, arena.lastTransport);
    assert.equal(socket.conn.transport.name, arena.lastTransport);
    assert.equal(client.id, socket.id);
  });

  test("a client emits, the server listens", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const [heard, listener] = Queue.of();
    socket.onAny(listener);
    client.emit("values", ...values);
    client.send("a message");
    client.emit("nothing");
    assert.deepEqual(await heard.take(3), [["values", ...values], ["message", "a message"], ["nothing"]]);
  });

  test("the server emits, a client listens", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const [heard, listener] = Queue.of();
    client.onAny(listener);
    socket.emit("values", ...values);
    socket.send("a message");
    socket.emit("nothing");
    assert.deepEqual(await heard.take(3), [["values", ...values], ["message", "a message"], ["nothing"]]);
  });

  test("what is emitted before the client is connected arrives in order", async () => {
    const [heard, listener] = Queue.of();
    const { url } = await arena.start((io) => io.on("connection", (socket) => socket.onAny(listener)));
    const client = arena.client(url);
    for (let n = 0; n < 10; n++) client.emit("early", n);
    assert.deepEqual(await heard.take(10), Array.from({ length: 10 }, (_, n) => ["early", n]));
  });

  test("a client asks, the server acknowledges", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    socket.on("sum", (a: number, b: number, answer) => answer(a + b, "and more"));
    socket.on("nothing", (answer) => answer());
    const [answers, listener] = Queue.of();
    client.emit("sum", 1, 2, listener);
    client.emit("nothing", listener);
    assert.deepEqual(await answers.take(2), [[3, "and more"], []]);
  });

  test("the server asks, a client acknowledges", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    client.on("sum", (a: number, b: number, answer) => answer(a + b, "and more"));
    const [answers, listener] = Queue.of();
    socket.emit("sum", 1, 2, listener);
    assert.deepEqual(await answers.next(), [3, "and more"]);
    socket.timeout(5000).emit("sum", 3, 4, listener);
    assert.deepEqual(await answers.next(), [null, 7, "and more"]);
    assert.equal(await socket.emitWithAck("sum", 5, 6), 11);
    assert.equal(await socket.timeout(5000).emitWithAck("sum", 7, 8), 15);
  });

  test("an acknowledgement that never comes times out", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const [answers, listener] = Queue.of();
    socket.timeout(20).emit("ignored", listener);
    const [error, ...rest] = await answers.next();
    assert.deepEqual([(error as Error).message, rest], ["operation has timed out", []]);
    await assert.rejects(socket.timeout(20).emitWithAck("ignored"), /operation has timed out/);
    client.on("asked", (answer) => answer("still here"));
    assert.equal(await socket.emitWithAck("asked"), "still here");
  });

  test("bytes go from client to server", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const bytes = Uint8Array.of(0, 1, 127, 128, 255);
    const heard = next<[Uint8Array, { deep: [{ bytes: Uint8Array; text: string }] }, Uint8Array]>(socket, "bytes");
    client.emit("bytes", Buffer.from(bytes), { deep: [{ bytes: Buffer.from(bytes.subarray(1)), text: "t" }] }, Buffer.alloc(0));
    const [first, { deep: [{ bytes: second, text }] }, third] = await heard;
    assert.deepEqual([first, second, third].map((part) => [...part]), [[...bytes], [...bytes.subarray(1)], []]);
    assert.deepEqual([first, second, third].map((part) => part.constructor.name), Array(3).fill(arena.host.binary));
    assert.equal(text, "t");
  });

  test("bytes go from server to client", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const bytes = Uint8Array.of(0, 1, 127, 128, 255);
    const heard = next<[Buffer, { deep: [{ bytes: Buffer; text: string }] }, Buffer]>(client, "bytes");
    socket.emit("bytes", bytes, { deep: [{ bytes: bytes.subarray(1), text: "t" }] }, bytes.slice(0, 2).buffer);
    const [first, { deep: [{ bytes: second, text }] }, third] = await heard;
    assert.deepEqual([first, second, third].map((part) => [...part]), [[...bytes], [...bytes.subarray(1)], [0, 1]]);
    assert.equal(text, "t");
  });

  test("ten attachments come in order, both ways", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const parts = Array.from({ length: 10 }, (_, n) => Buffer.from([n, n + 1]));
    socket.on("parts", (...args) => socket.emit("parts", ...args));
    const heard = next<Buffer[]>(client, "parts");
    client.emit("parts", ...parts);
    assert.deepEqual((await heard).map((part) => [...part]), parts.map((part) => [...part]));
  });

  test("acknowledgements carry bytes, both ways", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    socket.on("to server", (answer) => answer({ bytes: Buffer.from([1]) }, Buffer.from([2])));
    client.on("to client", (bytes: Buffer, answer) => answer({ bytes }));
    const [answers, listener] = Queue.of();
    client.emit("to server", listener);
    const [first, second] = (await answers.next()) as [{ bytes: Buffer }, Buffer];
    assert.deepEqual([[...first.bytes], [...second]], [[1], [2]]);
    const { bytes } = await socket.emitWithAck("to client", Buffer.from([3, 4]));
    assert.deepEqual([...bytes], [3, 4]);
    assert.equal(bytes.constructor.name, arena.host.binary);
  });

  test("text and bytes keep their order", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const [up, listenUp] = Queue.of();
    const [down, listenDown] = Queue.of();
    socket.on("n", listenUp);
    client.on("n", listenDown);
    for (let n = 0; n < 40; n++) {
      const bytes = n % 3 === 0 ? [Buffer.alloc(n)] : [];
      client.emit("n", n, ...bytes);
      socket.emit("n", n, ...bytes);
    }
    const order = Array.from({ length: 40 }, (_, n) => n);
    assert.deepEqual((await up.take(40)).map(([n]) => n), order);
    assert.deepEqual((await down.take(40)).map(([n]) => n), order);
  });

  test("a payload of 900 KB passes, both ways", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const text = "0123456789".repeat(90_000);
    socket.on("echo", (value, answer) => answer(value));
    const answered = new Promise((resolve) => client.emit("echo", text, resolve));
    assert.equal(await answered, text);
  });

  test("600 KB of bytes pass, both ways", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const bytes = Buffer.alloc(600_000, "0123456789");
    socket.on("echo", (value, answer) => answer(value));
    const answered = new Promise<Buffer>((resolve) => client.emit("echo", bytes, resolve));
    assert.ok(bytes.equals(Buffer.from(await answered)));
  });

  test("volatile events reach a client that listens", async () => {
    const pair = await arena.pair(await arena.start(() => {}));
    const { client, socket } = pair;
    await calm(pair);
    const heard = next(client, "volatile");
    assert.equal(socket.volatile.emit("volatile", 1), true);
    assert.deepEqual(await heard, [1]);
    // Old clients know no such thing.
    if (engineProtocol === 3) return;
    const up = next(socket, "volatile");
    client.volatile.emit("volatile", 2);
    assert.deepEqual(await up, [2]);
  });
}
