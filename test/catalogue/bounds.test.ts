/** Every bound: at the limit all is well, one past it the stated outcome follows, and nobody else notices. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { deflateRawSync, constants as zlib } from "node:zlib";
import { type PollingClient, target, upgradeHeaders, type WebSocketClient } from "./client.ts";
import { assertEnd } from "./outcome.ts";
import { replay, row } from "./row.ts";
import { exceptInnocent, type Socket, type TestServer } from "./server.ts";
import { closePayload, Opcode, type Wire } from "./wire.ts";

const handshake = "/socket.io/?EIO=4&transport=polling";
const BYTES = Buffer.of(1, 2, 3);

row("maxHttpBufferSize", { maxHttpBufferSize: 200 }, async (server) => {
  const ws = await server.joinedWebSocket();
  await ws.send(eventOf(200));
  await ws.echo();
  await ws.send(eventOf(201));
  await assertEnd(server, ws, "TE(PAYLOAD_TOO_LARGE)");
  assert.deepEqual(await ws.closing(), { code: 1009, reason: "" });
  assertReported(server, "maxHttpBufferSize");

  const posting = await server.joinedPolling();
  await posting.send(eventOf(200));
  assert.equal((await posting.post(eventOf(201))).status, 413);
  await assertEnd(server, posting, "TE(PAYLOAD_TOO_LARGE)");
  assertReported(server, "maxHttpBufferSize");

  const polling = await server.joinedPolling();
  for (const length of [100, 99, 100, 100, 201]) server.socketOf(polling).emit("x", "x".repeat(length - 10));
  for (const length of [200, 100, 100, 201]) assert.equal((await polling.get()).bytes.length, length);
  for (let i = 0; i < 2; i++) server.socketOf(polling).emit("x", "é".repeat(46));
  for (let i = 0; i < 2; i++) assert.equal((await polling.get()).bytes.length, 102, "bytes, not characters");
});

row("bodyTimeout", { limits: { bodyTimeout: 1000 } }, async (server) => {
  const client = await server.joinedPolling();
  const prompt = await server.arrival(() => client.start("POST", {}, { headers: { "content-length": "7" }, body: "42[" }));
  assert.equal((await prompt.write('"a"]').reply()).status, 200);
  const dripping = await client.start("POST", {}, { headers: { "content-length": "7" }, body: "42[" });
  assert.equal((await dripping.reply()).status, 408);
  await server.first("close", client);
  assert.equal(server.all("event", client).length, 1);
  assertReported(server, "bodyTimeout");
});

row("maxPacketsPerTurn", { limits: { maxPacketsPerTurn: 10 } }, async (server) => {
  const client = await server.joinedPolling();
  /** What the app saw: events by number, and the end of the turn in which the first of them came. */
  const seen = async (count: number): Promise<unknown[]> => {
    const log: unknown[] = [];
    const socket = server.socketOf(client).removeAllListeners("number");
    socket.on("number", (number: unknown) => log.push(number));
    socket.once("number", () => setImmediate(() => log.push("turn")));
    await client.send(Array.from({ length: count }, (_, i) => `42["number",${i + 1}]`).join("\x1e"));
    return log;
  };
  assert.deepEqual((await seen(10)).slice(0, 10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.deepEqual(await seen(11), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, "turn", 11]);
});

row("maxArguments", { limits: { maxArguments: 3 } }, async (server) => {
  const client = await server.joinedWebSocket();
  await client.send('42["x",1,2,3]');
  await client.send("431[1,2,3]");
  await client.echo();
  await assertFatal(server, client, ['42["x",1,2,3,4]']);
  await assertFatal(server, await server.joinedWebSocket(), ["431[1,2,3,4]"]);
  assertReported(server, "maxArguments");
});

row("maxDepth", { limits: { maxDepth: 5 } }, async (server) => {
  const client = await server.joinedWebSocket();
  await client.send('42["x",[[{"a":[]}]]]');
  await client.echo();
  const socket = server.socketOf(client);
  socket.emit("out", nested(4));
  assert.equal(await client.packet(), '42["out",[[[[]]]]]');
  assert.throws(() => socket.emit("out", nested(5)), { name: "RangeError", message: /maxDepth/ });
  await client.echo();
  await assertFatal(server, client, ['42["x",[[{"a":[[]]}]]]']);
  assertReported(server, "maxDepth");
});

row("maxAttachments", { limits: { maxAttachments: 2 } }, async (server) => {
  const client = await server.joinedWebSocket();
  for (const message of ['452-["x"]', BYTES, BYTES]) await client.send(message);
  await client.echo();
  const socket = server.socketOf(client);
  socket.emit("out", BYTES, BYTES);
  assert.match(String(await client.packet()), /^452-\["out",/);
  assert.deepEqual([await client.packet(), await client.packet()], [BYTES, BYTES]);
  assert.throws(() => socket.emit("out", BYTES, BYTES, BYTES), { name: "RangeError", message: /maxAttachments/ });
  await client.echo();
  await assertFatal(server, client, ['453-["x"]']);
  assertReported(server, "maxAttachments");
});

row("maxReassemblyBytes", { limits: { maxReassemblyBytes: 6 } }, async (server) => {
  const client = await server.joinedWebSocket();
  for (const message of ['452-["x"]', BYTES, BYTES]) await client.send(message);
  await client.echo();
  await assertFatal(server, client, ['453-["x"]', BYTES, BYTES, Buffer.of(1)]);
  assertReported(server, "maxReassemblyBytes");
});

row("reassemblyTimeout", { limits: { reassemblyTimeout: 1000 } }, async (server) => {
  const [prompt, late] = [await server.joinedWebSocket(), await server.joinedWebSocket()];
  for (const client of [prompt, late]) await client.send('451-["x"]');
  await prompt.send(BYTES);
  await prompt.echo();
  await server.first("close", late);
  assert.deepEqual(server.all("event", late), []);
  await prompt.echo();
  assertReported(server, "reassemblyTimeout");
});

row("maxAckIdDigits", {}, async (server) => {
  const client = await server.joinedWebSocket();
  await client.send('429007199254740991["echo","x"]');
  assert.equal(await client.packet(), '439007199254740991["x"]');
  await assertFatal(server, client, ['429007199254740992["echo","x"]']);
  await assertFatal(server, await server.joinedWebSocket(), ['4200000000000000001["echo","x"]']);
  assertReported(server, "maxAckIdDigits");
});

row("maxNamespacesPerConnection", { limits: { maxNamespacesPerConnection: 2 } }, async (server) => {
  for (const name of ["/a", "/b"]) server.io.of(name);
  const client = await server.joinedWebSocket();
  await client.join("/a");
  await client.echo();
  await client.send("40/b,");
  assert.match(String(await client.packet()), /^44\/b,\{"message":/);
  await client.closing();
  assert.equal(server.all("disconnect", client).length, 2);
  assertReported(server, "maxNamespacesPerConnection");
});

row("maxRefusalsPerConnection", { limits: { maxRefusalsPerConnection: 2 } }, async (server) => {
  const client = await server.joinedWebSocket();
  const refuse = async (name: string): Promise<void> => {
    await client.send(`40${name},`);
    assert.match(String(await client.packet()), /^44\/\d,\{"message":/);
  };
  await refuse("/1");
  await refuse("/2");
  await client.echo();
  await refuse("/3");
  await client.closing();
  assert.equal(server.all("disconnect", client).length, 1);
  assertReported(server, "maxRefusalsPerConnection");
});

row("maxNamespaceLength", {}, async (server) => {
  server.io.of(/^\/(n|é)+$/);
  const client = await server.joinedWebSocket();
  for (const name of [`/${"n".repeat(255)}`, `/n${"é".repeat(127)}`]) {
    await client.join(name);
    await client.echo(name);
  }
  await assertFatal(server, client, [`40/${"n".repeat(256)},`]);
  await assertFatal(server, await server.joinedWebSocket(), [`40/${"é".repeat(128)},`]);
  assertReported(server, "maxNamespaceLength");
});

const dynamic = { cleanupEmptyChildNamespaces: true, limits: { maxDynamicNamespaces: 2 } };

row("maxDynamicNamespaces", dynamic, async (server) => {
  server.io.of(/^\/d\d$/);
  const client = await server.joinedWebSocket();
  await client.join("/d1");
  await client.join("/d2");
  await client.send("40/d3,");
  assert.equal(await client.packet(), '44/d3,{"message":"Invalid namespace"}');
  await client.echo("/d2");
  await client.send("41/d2,");
  await server.first("disconnect", client);
  await client.join("/d3");
  assertReported(server, "maxDynamicNamespaces");
});

row("maxRoomsPerSocket", { limits: { maxRoomsPerSocket: 2 } }, async (server) => {
  const client = await server.joinedWebSocket();
  const socket = server.socketOf(client);
  await socket.join("a");
  await socket.join(["b", "a"]);
  await assert.rejects(async () => socket.join("c"), { name: "RangeError", message: /maxRoomsPerSocket/ });
  assert.deepEqual([...socket.rooms], [socket.id, "a", "b"]);
  await client.echo();
  assertReported(server, "maxRoomsPerSocket");
});

row("maxPendingAcks", { limits: { maxPendingAcks: 2 } }, async (server) => {
  const client = await server.joinedWebSocket();
  const socket = server.socketOf(client);
  const answered: unknown[] = [];
  for (const name of ["a", "b"]) socket.emit(name, (answer: unknown) => answered.push(answer));
  assert.throws(() => socket.emit("c", () => {}), { name: "RangeError", message: /maxPendingAcks/ });
  await assert.rejects(socket.emitWithAck("d"), { name: "RangeError", message: /maxPendingAcks/ });
  assert.deepEqual([await client.packet(), await client.packet()], ['420["a"]', '421["b"]']);
  await client.send('431["answer"]');
  await client.echo();
  assert.deepEqual(answered, ["answer"]);
  socket.emit("e", () => {});
  assert.match(String(await client.packet()), /^42\d\["e"\]$/);
  assertReported(server, "maxPendingAcks");
});

row("maxAuthBytes", { limits: { maxAuthBytes: 1_000 } }, async (server) => {
  server.io.of("/room");
  const client = await server.websocket();
  const connect = (bytes: number): string => `40/room,{"a":"${"x".repeat(bytes - 15)}"}`;
  await client.send(connect(1_001));
  assert.equal(await client.packet(), '44/room,{"message":"Too much auth"}');
  assertReported(server, "maxAuthBytes");
  await client.send(connect(1_000));
  assert.match(String(await client.packet()), /^40\/room,/);
});

row("maxQueuedEvents", { serial: true, limits: { maxQueuedEvents: 2 } }, async (server) => {
  const client = await server.joinedWebSocket();
  server.socketOf(client).on("never", () => new Promise(() => {}));
  for (const message of ['42["never"]', '42["a"]', '42["b"]']) await client.send(message);
  await client.send('42["c"]');
  await assertEnd(server, client, "FC", "one event too many");
  assertReported(server, "maxQueuedEvents");
});

row("maxQueuedBytes", { serial: true, limits: { maxQueuedBytes: 12 } }, async (server) => {
  const client = await server.joinedWebSocket();
  server.socketOf(client).on("never", () => new Promise(() => {}));
  for (const message of ['42["never"]', '42["a"]', '42["b"]']) await client.send(message);
  await client.send('42["c"]');
  await assertEnd(server, client, "FC", "one event too many");
  assertReported(server, "maxQueuedBytes");
});

row("highWaterMark", { limits: { highWaterMark: 1_000 } }, async (server) => {
  const events: [Socket, number][] = [];
  diagnosticsOf(server).on("backpressure", (socket, bytes) => events.push([socket, bytes]));
  const polling = await server.joinedPolling();
  const socket = fill(server, polling, 999);
  assert.equal(events.length, 0);
  socket.emit("x");
  await turn();
  assert.deepEqual(events.map(([subject]) => subject === socket), [true]);
  assert(events[0]![1] >= 1_000);

  const reader = await server.joinedWebSocket();
  const other = server.socketOf(reader);
  reader.raw.wire.pause();
  for (let i = 0; i < 10_000 && bufferedBytesOf(other) < 1_000; i++) {
    other.emit("x", "x".repeat(10_000));
    await turn();
  }
  assert(bufferedBytesOf(other) >= 1_000);
  other.volatile.emit("dropped");
  other.emit("kept");
  reader.raw.wire.resume();
  let packet = await reader.packet();
  while (String(packet).startsWith('42["x"')) packet = await reader.packet();
  assert.equal(packet, '42["kept"]');
});

row("maxBufferedBytes", { limits: { maxBufferedBytes: 1_000 } }, async (server) => {
  const alone = await server.joinedPolling();
  server.socketOf(alone).emit("x", "x".repeat(5_000));
  await turn();
  assert.equal((await alone.get()).body.length, 5_010, "a lone packet always goes");

  const client = await server.joinedPolling();
  const socket = fill(server, client, 1_000);
  await turn();
  assert(socket.connected);
  socket.emit("x");
  await assertEnd(server, client, "TE(SLOW_CONSUMER)");
  assertReported(server, "maxBufferedBytes");
  await alone.echo();
});

row("maxTotalBufferedBytes", { limits: { maxTotalBufferedBytes: 2_000 } }, async (server) => {
  const [large, small] = [await server.joinedPolling(), await server.joinedPolling()];
  fill(server, large, 1_200);
  const socket = fill(server, small, 800);
  await turn();
  assert.deepEqual(server.all("close"), []);
  socket.emit("x");
  await assertEnd(server, large, "TE(SLOW_CONSUMER)");
  assert.equal(server.all("close", small).length, 0);
  assertReported(server, "maxTotalBufferedBytes");
});

row("connectTimeout", { connectTimeout: 1000 }, async (server) => {
  const [joined, idle] = [await server.joinedWebSocket(), await server.websocket()];
  await assertEnd(server, idle, "FC");
  await joined.echo();
  assertReported(server, "connectTimeout");
});

row("upgradeTimeout", { upgradeTimeout: 1000 }, async (server) => {
  const [prompt, late] = [await server.joinedPolling(), await server.joinedPolling()];
  const upgraded = await prompt.upgrade();
  const halfway = await late.startUpgrade();
  await halfway.closing();
  await upgraded.echo();
  await late.echo();
  assertReported(server, "upgradeTimeout");
});

row("middlewareTimeout", { limits: { middlewareTimeout: 100 } }, async (server) => {
  const signals: AbortSignal[] = [];
  for (const name of ["/prompt", "/silent"]) {
    server.io.of(name).use((socket, next) => {
      signals.push((socket.handshake as { signal?: AbortSignal }).signal!);
      if (name === "/prompt") next();
    });
  }
  server.io.of((_name, _auth, _next) => {});
  const client = await server.joinedWebSocket();
  await client.join("/prompt");
  await client.send("40/silent,");
  assert.equal(await client.packet(), '44/silent,{"message":"timeout"}');
  assert.deepEqual(signals.map(({ aborted }) => aborted), [false, true]);
  await client.send("40/unknown,");
  assert.equal(await client.packet(), '44/unknown,{"message":"timeout"}');
  await client.echo();

  server.io.engine.generateId = () => new Promise<never>(() => {});
  assert.equal((await server.request("GET", handshake)).status, 503);
  const allowRequest = exceptInnocent(() => {});
  await replay({ allowRequest, limits: { middlewareTimeout: 100 } }, async (refusing) => {
    assert.equal((await refusing.request("GET", handshake)).status, 503);
    const ws = target({ EIO: "4", transport: "websocket" });
    assert.equal((await refusing.request("GET", ws, { headers: upgradeHeaders })).status, 503);
  });
  assertReported(server, "middlewareTimeout");
});

row("maxUnauthenticated", { limits: { maxUnauthenticated: 2 } }, async (server) => {
  const clients = [await server.polling(), await server.websocket()];
  const refused = await server.request("GET", handshake);
  assert.equal(refused.status, 503);
  assert.match(refused.headers["retry-after"] ?? "", /^\d+$/);
  const ws = target({ EIO: "4", transport: "websocket" });
  assert.equal((await server.request("GET", ws, { headers: upgradeHeaders })).status, 503);
  await clients[0]!.join();
  await server.polling();

  const waiting: (() => void)[] = [];
  const allowRequest = exceptInnocent((_request, callback) => void waiting.push(() => callback(null, true)));
  await replay({ allowRequest, limits: { maxUnauthenticated: 1 } }, async (deciding) => {
    const ask = async (): Promise<Wire> => (await deciding.dial()).request("GET", handshake);
    const wires = [await deciding.arrival(ask), await deciding.arrival(ask)];
    for (const allow of waiting) allow();
    const statuses = [(await wires[0]!.reply()).status, (await wires[1]!.reply()).status];
    assert.deepEqual(statuses, [200, 503], "who is being decided about counts too");
  });
  assertReported(server, "maxUnauthenticated");
});

row("maxUrlLength", {}, async (server) => {
  const url = (length: number): string => `${handshake}&a=`.padEnd(length, "x");
  assert.equal((await server.request("GET", url(16_384))).status, 200);
  assert.equal((await server.request("GET", url(16_385))).status, 414);
  assertReported(server, "maxUrlLength");
});

row("maxQueryParameters", {}, async (server) => {
  const url = (count: number): string => handshake + "&a=1".repeat(count - 2);
  assert.equal((await server.request("GET", url(256))).status, 200);
  const { status, body } = await server.request("GET", url(257));
  assert.deepEqual([status, (JSON.parse(body) as { code: number }).code], [400, 3]);
  assertReported(server, "maxQueryParameters");
});

row("maxFragments", {}, async (server) => {
  const client = await server.joinedWebSocket();
  sendFragments(client, 1_024);
  await client.echo();
  sendFragments(client, 1_025);
  await assertEnd(server, client, "TE(Too many message fragments)");
  assert.deepEqual(await client.closing(), { code: 1008, reason: "" });
  assertReported(server, "maxFragments");
});

row("maxPendingPongs", {}, async (server) => {
  const client = await server.joinedWebSocket();
  const socket = server.socketOf(client);
  client.raw.wire.pause();
  for (let i = 0; i < 10_000 && bufferedBytesOf(socket) === 0; i++) {
    socket.emit("x", "x".repeat(10_000));
    await turn();
  }
  for (let i = 0; i < 60; i++) client.raw.frame({ opcode: Opcode.ping });
  await client.send('42["here"]');
  await server.first("event", client);
  client.raw.frame({ opcode: Opcode.ping });
  await server.first("close", client);
  assertReported(server, "maxPendingPongs");
});

row("closeReason", {}, async (server) => {
  const client = await server.joinedWebSocket();
  client.raw.close(1000, "r".repeat(123));
  assert.deepEqual(await client.closing(), { code: 1000, reason: "r".repeat(123) });
  await assertEnd(server, client, "TC");

  const long = await server.joinedWebSocket();
  long.raw.frame({ opcode: Opcode.close, payload: closePayload(1000, "r".repeat(124)) });
  await assertEnd(server, long, "TE");
  assert.deepEqual(await long.closing(), { code: 1002, reason: "" });
});

const offer = { "sec-websocket-extensions": "permessage-deflate; server_no_context_takeover" };

row("compression", {}, async (server) => {
  const wire = (await server.dial()).request("GET", target({ EIO: "4", transport: "websocket" }), {
    headers: { ...upgradeHeaders, ...offer },
  });
  assert.equal((await wire.reply()).headers["sec-websocket-extensions"], undefined, "off on WebSocket");

  for (const [length, encoding] of [[1_023, undefined], [1_024, "gzip"]] as const) {
    const client = await server.joinedPolling();
    server.socketOf(client).emit("x", "x".repeat(length - 10));
    const { headers } = await client.request("GET", {}, { headers: { "accept-encoding": "gzip" } });
    assert.equal(headers["content-encoding"], encoding);
  }

  await replay({ perMessageDeflate: true, maxHttpBufferSize: 1_000 }, async (deflating) => {
    const fits = await deflating.websocket(offer);
    await fits.join();
    sendDeflated(fits, eventOf(1_000));
    await deflating.first("event", fits);
    sendDeflated(fits, eventOf(1_001));
    await assertEnd(deflating, fits, "TE");
    assert.deepEqual(await fits.closing(), { code: 1009, reason: "" });
    assertReported(deflating, "maxHttpBufferSize");
  });
});

row("maxInflateRatio", { perMessageDeflate: true, limits: { maxInflateRatio: 10 } }, async (server) => {
  const [dull, duller] = [await server.websocket(offer), await server.websocket(offer)];
  for (const client of [dull, duller]) await client.join();
  sendDeflated(dull, eventOfRatio(9));
  await server.first("event", dull);
  await dull.echo();
  sendDeflated(duller, eventOfRatio(11));
  await assertEnd(server, duller, "TE");
  assert.deepEqual(await duller.closing(), { code: 1009, reason: "" });
  assertReported(server, "maxInflateRatio");
});

row("timers", {}, async (server) => {
  const before = timers();
  const clients: WebSocketClient[] = [];
  for (let i = 0; i < 20; i++) {
    const polling = await server.joinedPolling();
    const client = await polling.startUpgrade();
    await polling.send('451-["x"]');
    clients.push(client);
  }
  assert(timers() - before <= 3 * clients.length, `${timers() - before} timers for ${clients.length} connections`);
});

/** An event whose packet, with the Engine.IO type, has `length` characters. */
function eventOf(length: number): string {
  return `42["x","${"x".repeat(length - 10)}"]`;
}

/** An array inside an array, `depth` of them. */
function nested(depth: number): unknown[] {
  return depth === 1 ? [] : [nested(depth - 1)];
}

async function assertFatal(
  server: TestServer,
  client: WebSocketClient,
  messages: readonly (string | Uint8Array)[],
): Promise<void> {
  for (const message of messages) await client.send(message);
  await assertEnd(server, client, "FC+err", messages);
}

/** The app was told of each time that the limit was hit, and of no other limit. */
function assertReported(server: TestServer, limit: string): void {
  const names = new Set(server.all("limit").map(({ name }) => name));
  assert.deepEqual(names, new Set([limit]));
}

/** Emits until exactly `bytes` wait for the client's next poll. */
function fill(server: TestServer, client: PollingClient, bytes: number): Socket {
  const socket = server.socketOf(client);
  socket.emit("x", "");
  const cost = bufferedBytesOf(socket);
  socket.emit("x", "x".repeat(bytes - 2 * cost));
  assert.equal(bufferedBytesOf(socket), bytes);
  return socket;
}

function bufferedBytesOf(socket: Socket): number {
  return socket.conn.bufferedBytes;
}

interface Diagnostics {
  on(event: "backpressure", listener: (socket: Socket, bufferedBytes: number) => void): void;
}

function diagnosticsOf(server: TestServer): Diagnostics {
  return (server.io as unknown as { diagnostics: Diagnostics }).diagnostics;
}

/** One message in `count` frames. */
function sendFragments({ raw }: WebSocketClient, count: number): void {
  const pieces = Array.from(eventOf(count));
  for (const [index, payload] of pieces.entries()) {
    raw.frame({ opcode: index === 0 ? Opcode.text : Opcode.continuation, payload, fin: index === count - 1 });
  }
}

/** One compressed message (RFC 7692). */
function sendDeflated({ raw }: WebSocketClient, text: string): void {
  raw.frame({ opcode: Opcode.text, payload: deflate(text), reserved: 4 });
}

function deflate(text: string): Buffer {
  return deflateRawSync(text, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** An event that compresses about `ratio` to 1: a noisy part and a dull one. */
function eventOfRatio(ratio: number): string {
  const noise = randomBytes(30_000).toString("base64");
  const dull = (length: number): string => `42["x","${noise}${"x".repeat(length)}"]`;
  const compressed = deflate(dull(0)).length;
  const text = dull(ratio * compressed - noise.length);
  assert.equal(Math.round(text.length / deflate(text).length), ratio);
  return text;
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
