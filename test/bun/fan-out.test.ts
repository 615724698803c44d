import assert from "node:assert/strict";
import { type Socket, io } from "socket.io-client";
import { onTestFinished, test } from "vitest";
import type { WebSocket } from "ws";
import { startForTest } from "../deno/program.ts";

/** A client that keeps what it gets. */
interface Listener {
  readonly socket: Socket;
  readonly sure: number[];
  readonly all: number[];
  /** What the server says that it must have got. */
  readonly end: Promise<number[]>;
}

test("10,000 events, sent in every way, reach each client once and in order", { timeout: 60_000 }, async () => {
  const { url } = await startForTest("bun", ["run", "test/bun/programs/fan-out.ts"]);
  const listeners = await Promise.all([
    listen(url, ["websocket"], ["room"]),
    listen(url, ["websocket"], ["room", "odd"]),
    listen(url, ["websocket"], ["odd"]),
    listen(url, ["polling"], ["room"]),
    listen(url, ["polling"], ["room", "odd"]),
    listen(url, ["polling", "websocket"], ["room", "odd"]),
    listen(url, ["websocket"], ["room", "odd"]),
  ]);
  const [poker, slow] = [listeners[0], listeners[6]];
  const webSocket = webSocketOf(slow.socket);
  webSocket.pause();
  const flooded = new Promise((resolve) => poker.socket.on("flooded", resolve));
  poker.socket.emit("flood");
  const poking = setInterval(() => poker.socket.emit("poke"), 5);
  await flooded;
  clearInterval(poking);
  // After the last poke.
  poker.socket.emit("finish");
  webSocket.resume();
  for (const [index, { sure, all, end }] of listeners.entries()) {
    assert.deepEqual(sure, await end, `what is sure, of client ${index}`);
    assert.ok(all.every((n, at) => at === 0 || n > all[at - 1]!), `the order of client ${index}`);
  }
  const [heard, missed] = [listeners[1], slow].map(({ sure, all }) => all.length - sure.length) as [number, number];
  assert.ok(missed < heard, `of volatile events the slow reader got ${missed}, another ${heard}: it was not slow`);
});

test("who does not read what a room is sent is closed at `maxBufferedBytes`, and the others miss nothing", { timeout: 60_000 }, async () => {
  const { url } = await startForTest("bun", ["run", "test/bun/programs/fan-out.ts"]);
  const listeners = await Promise.all([1, 2, 3, 4].map(() => listen(url, ["websocket"], ["room"])));
  const slow = listeners.pop()!;
  webSocketOf(slow.socket).pause();
  const [{ socket }] = listeners as [Listener];
  const left = new Promise((resolve) => socket.on("left", resolve));
  const soaked = new Promise<number>((resolve) => socket.on("soaked", resolve));
  socket.emit("soak");
  assert.equal(await left, "SLOW_CONSUMER");
  const [bytes, limit] = [await soaked, 16 * 1_048_576];
  // The system holds some of it too.
  assert.ok(bytes > limit && bytes < 1.5 * limit + 16 * 1_048_576, `${bytes} bytes were sent`);
  socket.emit("finish");
  for (const { sure, end } of listeners) assert.deepEqual(sure, await end);
});

test("what a turn sends before it ends the connection arrives", async () => {
  const { url } = await startForTest("bun", ["run", "test/bun/programs/fan-out.ts"]);
  const { socket } = await listen(url, ["websocket"], []);
  const words: string[] = [];
  socket.on("word", (word: string) => words.push(word));
  const gone = new Promise((resolve) => socket.on("disconnect", resolve));
  socket.emit("part");
  await gone;
  assert.deepEqual(words, ["one", "two"]);
});

async function listen(url: string, transports: ("polling" | "websocket")[], rooms: string[]): Promise<Listener> {
  const socket = io(url, { forceNew: true, reconnection: false, transports });
  onTestFinished(() => void socket.close());
  const [sure, all]: [number[], number[]] = [[], []];
  const take = (n: number): void => void (sure.push(n), all.push(n));
  socket.on("n", take);
  socket.on("volatile", (n: number) => all.push(n));
  socket.on("bytes", (n: number, ...bytes: Uint8Array[]) => {
    assert.deepEqual(bytes.map((it) => [...it]), [[n & 255], [n >> 8, 1]]);
    take(n);
  });
  const end = new Promise<number[]>((resolve) => socket.on("end", resolve));
  await new Promise((resolve, reject) => socket.on("connect", () => resolve(undefined)).on("connect_error", reject));
  await socket.emitWithAck("join", rooms);
  return { socket, sure, all, end };
}

function webSocketOf(socket: Socket): WebSocket {
  return (socket.io.engine.transport as unknown as { ws: WebSocket }).ws;
}
