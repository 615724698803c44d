import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { ServerOptions } from "../../src/index.ts";
import { openWebSocket } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { MapStore } from "./map-store.ts";

async function serve(options: ServerOptions = {}) {
  const server = new MemoryServer({ allowEIO3: true, ...options });
  const open = async () => {
    const ws = await openWebSocket(server, { EIO: "3" });
    await server.host.settle();
    const { sid } = JSON.parse(String(ws.frames.shift()).slice(1)) as { sid: string };
    return { ws, sid };
  };
  return { server, open, io: server };
}

describe("Socket.IO protocol 4 (W-48, W-50)", () => {
  test("a client is in the main namespace without asking; its ids are made of its session's", async () => {
    const { io, open, server } = await serve();
    io.of("/chat");
    const { ws, sid } = await open();
    assert.deepEqual(ws.take(), ["40"]);
    ws.send("40/chat?token=a%20b&token=c&x=,");
    await server.host.settle();
    assert.deepEqual(ws.take(), ["40/chat,"]);
    const chat = io.of("/chat").sockets.get(`/chat#${sid}`)!;
    assert.deepEqual({ ...chat.handshake.auth }, { token: "c", x: "" });
    assert.equal(io.sockets.sockets.get(sid)!.conn.protocol, 3);
  });

  test("a refusal is the error's data, or its message", async () => {
    const { io, open, server } = await serve();
    io.of("/guarded").use(({ handshake }, next) => {
      next(Object.assign(new Error("no"), handshake.auth["why"] === undefined ? {} : { data: { why: handshake.auth["why"] } }));
    });
    const { ws } = await open();
    for (const name of ["/guarded", "/nowhere"]) ws.send(`40${name}`);
    await server.host.settle();
    ws.send("40/guarded?why=so");
    await server.host.settle();
    const expected = ["40", '44/guarded,"no"', '44/guarded,{"why":"so"}', '44/nowhere,"Invalid namespace"'];
    assert.deepEqual(ws.take().map(String).toSorted(), expected);
  });

  test("a refused main namespace is told, and others can still be joined", async () => {
    const { io, open, server } = await serve();
    io.of("/open");
    io.use((_socket, next) => next(new Error("not here")));
    const { ws } = await open();
    ws.send("40/open");
    await server.host.settle();
    assert.deepEqual(ws.take(), ['44"not here"', "40/open,"]);
  });

  test("a namespace keeps the name that the client gave it", async () => {
    const { io, open, server } = await serve();
    io.of("/é ü");
    const { ws } = await open();
    ws.send("40/é ü");
    await server.host.settle();
    assert.deepEqual(ws.take(), ["40", "40/é ü,"]);
  });

  for (const [limit, good, bad] of [
    ["maxNamespaceLength", `/${"n".repeat(255)}`, `/${"n".repeat(256)}`],
    ["maxUrlLength", `/a?${"q".repeat(16_384)}`, `/a?${"q".repeat(16_385)}`],
    ["maxQueryParameters", `/a?${"q&".repeat(256)}`, `/a?${"q&".repeat(257)}`],
  ] as const) {
    test(`${limit} holds for the namespaces of old clients`, async () => {
      const { io, open, server } = await serve();
      const limits: string[] = [];
      io.diagnostics.on("limit", (name) => void limits.push(name));
      io.of((_name, _auth, next) => next(null, true)).on("connection", () => {});
      const { ws } = await open();
      ws.send(`40${good}`);
      await server.host.settle();
      assert.equal(ws.ended, undefined);
      ws.send(`40${bad}`);
      await server.host.settle();
      assert.notEqual(ws.ended, undefined);
      assert.deepEqual(limits, [limit]);
    });
  }

  test("a room of old and new clients gets each form once", async () => {
    const { io, open, server } = await serve();
    const olds = [await open(), await open()];
    const news = await Promise.all([0, 1].map(() => openWebSocket(server, {})));
    for (const ws of news) ws.send("40");
    await server.host.settle();
    for (const end of [...olds.map(({ ws }) => ws), ...news]) end.take();
    io.emit("bytes", Uint8Array.of(1, 2));
    await server.host.settle();
    const [old0, old1] = olds.map(({ ws }) => ws.take());
    const [new0, new1] = news.map((ws) => ws.take());
    assert.deepEqual(old0!.slice(1), [Uint8Array.of(4, 1, 2)]);
    assert.deepEqual(new0!.slice(1), [Uint8Array.of(1, 2)]);
    assert.equal(old0![1], old1![1], "the same frame");
    assert.equal(new0![1], new1![1], "the same frame");
  });

  test("it is not recovered", async () => {
    const { open } = await serve({ connectionStateRecovery: {} });
    const { ws } = await open();
    assert.deepEqual(ws.take(), ["40"]);
  });

  test("of it nothing is stored that a process after this one would wait for", async () => {
    const store = new MapStore();
    const { io, open, server } = await serve({ connectionStateRecovery: { store } });
    const { ws } = await open();
    io.sockets.sockets.forEach((socket) => (socket.data.value = 1));
    ws.send('42["anything"]');
    await server.host.settle();
    assert.deepEqual([...store.values.keys()].filter((key) => key.includes("session:")), []);
  });
});
