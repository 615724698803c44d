import assert from "node:assert/strict";
import { describe, test } from "#test";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, join } from "./client.ts";

const nothing = {
  connections: { polling: 0, websocket: 0 },
  unjoined: 0,
  sockets: { "/": 0 },
  rooms: 0,
  bufferedBytes: 0,
  reassemblyBytes: 0,
  recovery: { sessions: 0, packets: 0, bytes: 0 },
  pendingAcks: 0,
  lostAcks: 0,
  droppedVolatile: 0,
  droppedPackets: 0,
  droppedInbound: 0,
  lateTicks: 0,
  closes: {},
  limits: {},
};

describe("metrics() (G41)", () => {
  test("is all zeros at the start", () => {
    assert.deepEqual(new MemoryServer().metrics(), nothing);
  });

  test("counts connections, sockets and rooms as they are now, and forgets those that went", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const { client, socket } = await join(io);
    await client.join("/admin");
    await connectPolling(io);
    await socket.join(["a", "b"]);
    const now = io.metrics();
    assert.deepEqual(now.connections, { polling: 1, websocket: 1 });
    assert.deepEqual([now.unjoined, now.sockets, now.rooms], [1, { "/": 1, "/admin": 1 }, 2]);
    io.engine.close();
    assert.deepEqual(io.metrics(), { ...nothing, sockets: { "/": 0, "/admin": 0 }, closes: { "forced close": 2 } });
  });

  test("counts what waits: unsent bytes, attachments and acknowledgements", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    client.ws.reads = false;
    socket.emit("a", () => {});
    client.send('52-["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', new Uint8Array(7));
    const now = io.metrics();
    assert.deepEqual([now.pendingAcks, now.reassemblyBytes], [1, 7]);
    assert.equal(now.bufferedBytes, '420["a"]'.length);
    client.ws.close();
    const later = io.metrics();
    assert.deepEqual([later.pendingAcks, later.lostAcks, later.reassemblyBytes, later.closes], [0, 1, 0, { "transport close": 1 }]);
  });

  test("counts what was dropped because it was volatile", async () => {
    const io = new MemoryServer({ limits: { highWaterMark: 1 } });
    const { client, socket } = await join(io);
    client.ws.bufferedAmount = 1;
    socket.volatile.emit("a");
    io.volatile.emit("b");
    assert.equal(io.metrics().droppedVolatile, 2);
  });

  test("counts ticks that came after a standstill", async () => {
    const io = new MemoryServer();
    await join(io);
    io.host.stall(60_000);
    await io.host.settle();
    assert.equal(io.metrics().lateTicks, 1);
  });
});

/** How a peer runs into each limit, over a WebSocket. */
const offences: Readonly<Record<string, { readonly limits: object; readonly packet: string }>> = {
  maxArguments: { limits: { maxArguments: 1 }, packet: '2["a",1,2]' },
  maxDepth: { limits: { maxDepth: 2 }, packet: '2["a",[[[]]]]' },
  maxAttachments: { limits: { maxAttachments: 1 }, packet: '52-["a"]' },
  maxAckIdDigits: { limits: { maxAckIdDigits: 2 }, packet: '2100["a"]' },
  maxNamespaceLength: { limits: { maxNamespaceLength: 4 }, packet: "0/long," },
  maxNamespacesPerConnection: { limits: { maxNamespacesPerConnection: 1 }, packet: "0/b," },
  maxRefusalsPerConnection: { limits: { maxRefusalsPerConnection: 0 }, packet: "0/unknown," },
};

describe("the limit diagnostic", () => {
  for (const [name, { limits, packet }] of Object.entries(offences)) {
    test(`names ${name} and the connection, and is counted`, async () => {
      const io = new MemoryServer({ limits });
      const hits: unknown[] = [];
      io.diagnostics.on("limit", (limit, { conn }) => hits.push([limit, conn?.id]));
      const { client } = await join(io);
      await client.say(packet);
      assert.deepEqual(hits, [[name, client.open.sid]]);
      assert.deepEqual(io.metrics().limits, { [name]: 1 });
    });
  }

  test("comes without a connection where there is none yet", async () => {
    const io = new MemoryServer({ limits: { maxUnauthenticated: 1 } });
    const hits: unknown[] = [];
    io.diagnostics.on("limit", (limit, { conn }) => hits.push([limit, conn]));
    await connect(io);
    await assert.rejects(connect(io));
    assert.deepEqual(hits, [["maxUnauthenticated", undefined]]);
  });
});
