/** Every way in which a connection ends, as both sides call it, and coming back afterwards. */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { type Arena, calm, next, type Pair, type Transport } from "./arena.ts";
import type { Running } from "./host.ts";
import { leave } from "./library.ts";
import type { Proxy } from "./proxy.ts";

interface Scene extends Pair {
  readonly running: Running;
  readonly proxy: Proxy;
}

interface Ending {
  readonly cause: string;
  /** Transports on which this ending can be brought about; both when absent. */
  readonly on?: Transport;
  /** Where released `socket.io` does not notice. */
  readonly unnoticed?: (arena: Arena) => boolean;
  readonly bring: (scene: Scene) => unknown;
  /** The reason on the server. */
  readonly server: string;
  /** The reason on the client. */
  readonly client: string;
}

const ENDINGS: readonly Ending[] = [
  {
    cause: "the server leaves the namespace",
    bring: ({ socket }) => socket.disconnect(),
    server: "server namespace disconnect",
    client: "io server disconnect",
  },
  {
    cause: "the server leaves and closes",
    bring: ({ socket }) => socket.disconnect(true),
    server: "server namespace disconnect",
    client: "io server disconnect",
  },
  {
    cause: "the client leaves",
    bring: ({ client }) => client.disconnect(),
    server: "client namespace disconnect",
    client: "io client disconnect",
  },
  {
    cause: "the server shuts down",
    bring: ({ running }) => running.stop(),
    server: "server shutting down",
    client: "transport close",
  },
  {
    cause: "the client closes its engine",
    bring: ({ client }) => client.io.engine.close(),
    server: "transport close",
    client: "forced close",
  },
  {
    cause: "the server closes the engine's connection",
    bring: ({ socket }) => socket.conn.close(),
    server: "forced close",
    client: "transport close",
  },
  {
    cause: "the client speaks to a namespace that it has not joined",
    bring: ({ client }) => client.io.engine.write('2/nowhere,["event"]'),
    server: "forced close",
    client: "transport close",
  },
  {
    cause: "the client breaks the protocol while the server waits for a GET",
    on: "polling",
    bring: breakProtocolWhileHeld,
    server: "forced server close",
    client: "transport close",
  },
  {
    cause: "the TCP connection is cut",
    on: "websocket",
    bring: ({ proxy }) => proxy.cut(),
    server: "transport close",
    client: "transport close",
  },
  {
    cause: "the TCP connection is cut",
    on: "polling",
    bring: ({ proxy }) => proxy.cut(),
    server: "transport error",
    client: "transport error",
  },
  {
    cause: "a message is too big",
    on: "websocket",
    bring: ({ client }) => client.emit("big", "x".repeat(2_000_000)),
    server: "transport error",
    client: "transport close",
  },
  {
    cause: "no byte passes any more",
    unnoticed: ({ library, upgrades }) => library.engineProtocol === 3 && upgrades,
    bring: ({ proxy }) => proxy.hold(),
    server: "ping timeout",
    client: "ping timeout",
  },
  {
    cause: "the client sends what is no packet",
    on: "websocket",
    bring: ({ client }) => (client.io.engine.transport as unknown as { ws: WebSocket }).ws.send("x"),
    server: "parse error",
    client: "transport close",
  },
  {
    cause: "the client sends what is no packet",
    on: "polling",
    bring: (scene) => post(scene, "x"),
    server: "parse error",
    client: "transport close",
  },
];

export function defineEndings(arena: Arena): void {
  describe("the reason when", () => {
    const noticed = ENDINGS.filter(({ unnoticed }) => arena.host.isReleased !== true || unnoticed?.(arena) !== true);
    const possible = noticed.filter(({ on }) => on === undefined || on === arena.lastTransport);
    test.for(possible.map((ending) => [ending.cause, ending] as const))("%s", async ([, ending]) => {
      const scene = await setScene(arena, ending.server === "ping timeout" ? { pingInterval: 300, pingTimeout: 700 } : {});
      await calm(scene);
      const { client, socket } = scene;
      const order: string[] = [];
      const ends = [next(socket, "disconnect"), next(client, "disconnect")];
      socket.on("disconnecting", (reason) => order.push(`disconnecting: ${reason}`));
      socket.on("disconnect", (reason) => order.push(`disconnect: ${reason}`));
      await ending.bring(scene);
      const [[onServer], [onClient]] = (await Promise.all(ends)) as [[string], [string]];
      assert.deepEqual({ onServer, onClient }, { onServer: ending.server, onClient: ending.client });
      assert.deepEqual(order, [`disconnecting: ${onServer}`, `disconnect: ${onServer}`]);
      assert.deepEqual([socket.connected, socket.rooms.size], [false, 0]);
    });
  });

  test("a client comes back after the server has been restarted on its port", async () => {
    const first = await arena.start((io) => io.on("connection", (socket) => socket.emit("served by", "first")));
    const client = arena.client(first.url, { reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 40 });
    assert.deepEqual(await next(client, "served by"), ["first"]);
    const { id } = client;
    const lost = next(client, "disconnect");
    const back = next(client, "served by");
    await first.stop();
    assert.match(String((await lost)[0]), /^transport (close|error)$/);
    client.emit("meanwhile", 1);
    const heard: unknown[] = [];
    await arena.start((io) => {
      io.on("connection", (socket) => {
        socket.on("meanwhile", (n) => heard.push(n));
        socket.on("echo", (value, answer) => answer(value));
        socket.emit("served by", "second");
      });
    }, {}, Number(new URL(first.url).port));
    assert.deepEqual(await back, ["second"]);
    assert.notEqual(client.id, id);
    assert.equal(await new Promise((resolve) => client.emit("echo", "again", resolve)), "again");
    assert.deepEqual(heard, [1]);
  });

  test("what is sent before a close still arrives, and so does the reason", async () => {
    const { client, socket } = await arena.pair(await arena.start(() => {}));
    const heard = next(client, "last words");
    const ended = next(client, "disconnect");
    socket.emit("last words", "good", Buffer.from([1]));
    socket.disconnect(true);
    const [, bytes] = (await heard) as [string, Buffer];
    assert.deepEqual([...bytes], [1]);
    assert.equal((await ended)[0], "io server disconnect");
  });

  test("a client that has left can join again", async () => {
    const running = await arena.start(() => {});
    const { client, socket } = await arena.pair(running);
    await Promise.all([next(socket, "disconnect"), leave(client)]);
    const arrived = next<[typeof socket]>(running.io, "connection");
    client.connect();
    const [again] = await arrived;
    assert.notEqual(again.id, socket.id);
  });
}

async function setScene(arena: Arena, options: { pingInterval?: number; pingTimeout?: number }): Promise<Scene> {
  const running = await arena.start(() => {}, options);
  const proxy = await arena.proxy(running.url);
  return { running, proxy, ...(await arena.pair({ ...running, url: proxy.url })) };
}

/** A packet behind the back of the client, on a connection of its own. */
async function post({ running, client, socket }: Scene, packet: string): Promise<void> {
  const { protocol } = socket.conn;
  const body = protocol === 3 ? `${packet.length}:${packet}` : packet;
  const { id } = client.io.engine as unknown as { id: string };
  await (await fetch(`${running.url}/socket.io/?EIO=${protocol}&transport=polling&sid=${id}`, { method: "POST", body })).text();
}

/** The first event uses up the client's GET, whose answer is held; the second one waits for the next GET. */
async function breakProtocolWhileHeld(scene: Scene): Promise<void> {
  const { socket, proxy } = scene;
  proxy.hold();
  socket.emit("first");
  socket.emit("second");
  const closed = next(socket, "disconnect");
  await post(scene, '42/nowhere,["event"]');
  await closed;
  proxy.resume();
}
