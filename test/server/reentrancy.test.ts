/** Whatever the app does from inside whatever callback, the server stays in order (I27). */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { MemoryAdapter } from "../../src/adapter/memory.ts";
import type { Socket } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Client, assertTidy, connect, recorder } from "./client.ts";

/** Two members of `/`, the first of them also in `/admin`, and what was told of their sockets. */
interface Scene {
  readonly io: MemoryServer;
  readonly socket: Socket;
  readonly other: Socket;
  readonly clients: readonly Client[];
}

const quietly = (promise: Promise<unknown>): void => void promise.catch(() => {});

/** What an app may do; each gets the socket that the callback is about, or the first one. */
const actions: Readonly<Record<string, (scene: Scene, socket: Socket) => unknown>> = {
  "socket.emit": (_scene, socket) => socket.emit("b", 1),
  "socket.emit with ack": (_scene, socket) => socket.timeout(10).emit("b", () => {}),
  "socket.emitWithAck": (_scene, socket) => quietly(socket.emitWithAck("b")),
  "socket.volatile.emit": (_scene, socket) => socket.volatile.emit("b", Uint8Array.of(1)),
  "socket.broadcast.emit": (_scene, socket) => socket.broadcast.emit("b"),
  "socket.join": (_scene, socket) => void socket.join(["red", "green"]),
  "socket.leave": (_scene, socket) => void socket.leave("red"),
  "socket.leave its own room": (_scene, socket) => void socket.leave(socket.id),
  "socket.disconnect": (_scene, socket) => socket.disconnect(),
  "socket.disconnect(true)": (_scene, socket) => socket.disconnect(true),
  "socket.conn.close": (_scene, socket) => socket.conn.close(),
  "socket.conn.close(true)": (_scene, socket) => socket.conn.close(true),
  "socket.conn.send": (_scene, socket) => socket.conn.send('2["raw"]'),
  "socket.use": (_scene, socket) => socket.use((_event, next) => next()),
  "socket.onAny": (_scene, socket) => socket.onAny(() => {}).offAny().onAnyOutgoing(() => {}),
  "socket.removeAllListeners": (_scene, socket) => socket.removeAllListeners("a"),
  "other.disconnect": ({ other }) => other.disconnect(),
  "other.disconnect(true)": ({ other }) => other.disconnect(true),
  "other.emit": ({ other }) => other.emit("b"),
  "io.emit": ({ io }) => io.emit("b"),
  "io.emitWithAck": ({ io }) => quietly(io.timeout(10).emitWithAck("b")),
  "io.to.emit": ({ io }) => io.to("red").except("green").emit("b"),
  "io.socketsJoin": ({ io }) => io.socketsJoin("green"),
  "io.socketsLeave": ({ io }) => io.in("red").socketsLeave("red"),
  "io.disconnectSockets": ({ io }) => io.disconnectSockets(),
  "io.disconnectSockets(true)": ({ io }) => io.disconnectSockets(true),
  "io.of admin.disconnectSockets": ({ io }) => io.of("/admin").disconnectSockets(),
  "io.fetchSockets": ({ io }) => quietly(io.fetchSockets()),
  "io.serverSideEmit": ({ io }) => io.serverSideEmit("b", () => {}),
  "io.use": ({ io }) => io.use((_socket, next) => next()),
  "io.of": ({ io }) => io.of("/new").emit("b"),
  "io.of a pattern": ({ io }) => io.of(/^\/dynamic/),
  "io.engine.use": ({ io }) => io.engine.use((_request: unknown, next: () => void) => next()),
  "io.connectTimeout": ({ io }) => io.connectTimeout(1000),
  "io.close": ({ io }) => quietly(io.close()),
};

/** What an app may be called for: `arm` says when to act, `provoke` makes it happen. */
interface Occasion {
  readonly arm: (scene: Scene, act: (socket?: Socket) => void) => unknown;
  readonly provoke: (scene: Scene) => unknown;
}

const send = (...packets: string[]) => ({ clients }: Scene): void => clients[0]?.send(...packets);
const newcomer = async ({ io }: Scene): Promise<void> => {
  const client = await connect(io).catch(() => undefined);
  await client?.say("0");
};
const onAdapter = (event: string) => ({ io }: Scene, act: () => void): void => {
  (io.sockets.adapter as MemoryAdapter).on(event as "create-room", () => act());
};

const occasions: Readonly<Record<string, Occasion>> = {
  "a middleware": {
    arm: ({ io }, act) => io.use((socket, next) => (act(socket), next())),
    provoke: newcomer,
  },
  "a connect listener": { arm: ({ io }, act) => io.on("connect", act), provoke: newcomer },
  "a connection listener": { arm: ({ io }, act) => io.on("connection", act), provoke: newcomer },
  "an event listener": { arm: ({ socket }, act) => socket.on("a", () => act()), provoke: send('20["a"]', '2["a"]') },
  "a socket middleware": {
    arm: ({ socket }, act) => socket.use((_event, next) => (act(), next())),
    provoke: send('20["a"]', '2["a"]'),
  },
  "an onAny listener": { arm: ({ socket }, act) => socket.onAny(() => act()), provoke: send('2["a"]', '2["a"]') },
  "an onAnyOutgoing listener": {
    arm: ({ socket }, act) => socket.onAnyOutgoing(() => act()),
    provoke: ({ socket }) => socket.emit("c"),
  },
  "an onAnyOutgoing listener of a broadcast": {
    arm: ({ socket }, act) => socket.onAnyOutgoing(() => act()),
    provoke: ({ io }) => quietly(io.emitWithAck("c")),
  },
  "an acknowledgement": {
    arm: ({ socket }, act) => socket.emit("c", () => act()),
    provoke: send("30[]", "30[]"),
  },
  "an acknowledgement that comes too late": {
    arm: ({ socket }, act) => socket.timeout(1).emit("c", () => act()),
    provoke: ({ io }) => io.host.advance(1),
  },
  "an acknowledgement of a client that leaves": {
    arm: ({ socket }, act) => socket.timeout(1000).emit("c", () => act()),
    provoke: send("1"),
  },
  "an error listener": { arm: ({ socket }, act) => socket.on("error", () => act()), provoke: send("9") },
  "a disconnecting listener": { arm: ({ socket }, act) => socket.on("disconnecting", () => act()), provoke: send("1") },
  "a disconnect listener": { arm: ({ socket }, act) => socket.on("disconnect", () => act()), provoke: send("1") },
  "a disconnecting listener of a connection that ends": {
    arm: ({ socket }, act) => socket.on("disconnecting", () => act()),
    provoke: ({ clients }) => clients[0]?.ws.close(),
  },
  "a disconnect listener of a server that ends": {
    arm: ({ socket }, act) => socket.on("disconnect", () => act()),
    provoke: ({ io }) => io.close(),
  },
  "a disconnect listener of all that end": {
    arm: ({ socket }, act) => socket.on("disconnect", () => act()),
    provoke: ({ io }) => io.disconnectSockets(true),
  },
  "a create-room listener": { arm: onAdapter("create-room"), provoke: ({ socket }) => void socket.join("fresh") },
  "a join-room listener": { arm: onAdapter("join-room"), provoke: ({ socket }) => void socket.join(["fresh", "more"]) },
  "a leave-room listener": { arm: onAdapter("leave-room"), provoke: ({ socket }) => void socket.leave("red") },
  "a delete-room listener": { arm: onAdapter("delete-room"), provoke: send("1") },
  "a create-room listener of a newcomer": { arm: onAdapter("create-room"), provoke: newcomer },
  "a new_namespace listener": {
    arm: ({ io }, act) => io.on("new_namespace", () => act()),
    provoke: ({ io }) => io.of("/fresh"),
  },
  "a packet listener": { arm: ({ socket }, act) => socket.conn.on("packet", () => act()), provoke: send('2["a"]') },
  "a packetCreate listener": {
    arm: ({ socket }, act) => socket.conn.on("packetCreate", () => act()),
    provoke: ({ socket }) => socket.emit("c", Uint8Array.of(1)),
  },
  "a data listener": { arm: ({ socket }, act) => socket.conn.on("data", () => act()), provoke: send('2["a"]') },
  "a flush listener": { arm: ({ socket }, act) => socket.conn.on("flush", () => act()), provoke: ({ socket }) => socket.emit("c") },
  "a close listener": {
    arm: ({ socket }, act) => socket.conn.on("close", () => act()),
    provoke: ({ clients }) => clients[0]?.ws.close(),
  },
  "a connection listener of the engine": { arm: ({ io }, act) => io.engine.on("connection", () => act()), provoke: newcomer },
};

const CROWD = 3;

async function scene(): Promise<Scene & { readonly told: Map<Socket, unknown[]> }> {
  const io = new MemoryServer({ limits: { maxUnauthenticated: CROWD } });
  const told = new Map<Socket, unknown[]>();
  const watch = (socket: Socket): void => {
    const { heard, hear } = recorder();
    told.set(socket, heard);
    for (const event of ["disconnecting", "disconnect"] as const) socket.on(event, () => hear(event)());
  };
  io.on("connection", watch);
  io.of("/admin").on("connection", watch);
  const clients = [await connect(io), await connect(io)];
  const ids = [await clients[0]!.join(), await clients[1]!.join()];
  await clients[0]!.join("/admin");
  const [socket, other] = ids.map((id) => io.sockets.sockets.get(id)!);
  void socket!.join("red");
  void other!.join(["red", "blue"]);
  socket!.on("a", (answer?: () => void) => answer?.());
  return { io, clients, socket: socket!, other: other!, told };
}

/** Everything that must hold between turns. */
async function assertOrder({ io, told }: Scene & { readonly told: Map<Socket, unknown[]> }): Promise<void> {
  for (const namespace of io._nsps.values()) assertTidy(namespace);
  for (const [socket, heard] of told) {
    assert.deepEqual(heard, socket.connected ? [] : ["disconnecting", "disconnect"]);
    assert.equal(socket.nsp.sockets.has(socket.id), socket.connected);
    assert.equal(socket.conn.readyState === "open" || !socket.connected, true);
    if (!socket.connected) assert.equal(socket.rooms.size, 0);
    if (!socket.connected) assert.equal(socket.pendingAcks.size, 0);
  }
  assert.deepEqual(io.host.reports, []);
  await io.close();
  await io.host.settle();
  assert.equal(io.engine.clientsCount, 0);
  for (const namespace of io._nsps.values()) {
    assert.deepEqual([namespace.sockets.size, namespace.adapter.rooms.size, namespace.adapter.sids.size], [0, 0, 0]);
  }
  // Nobody is counted who is not there: as many may come as on the first day.
  io.reopen();
  for (let count = 0; count < CROWD; count++) await connect(io);
  await assert.rejects(connect(io), "one more than are allowed got in");
}

for (const [occasion, { arm, provoke }] of Object.entries(occasions)) {
  describe(`from inside ${occasion} (I27)`, () => {
    for (const [name, action] of Object.entries(actions)) {
      test(`${name} leaves everything in order`, async () => {
        const stage = await scene();
        let acted = 0;
        arm(stage, (socket = stage.socket) => {
          acted += 1;
          if (acted === 1) action(stage, socket);
        });
        await provoke(stage);
        await stage.io.host.settle();
        assert.ok(acted >= 1, "the callback was never called");
        await assertOrder(stage);
      });
    }
  });
}
