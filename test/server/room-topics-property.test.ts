import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "#test";
import type { Socket } from "../../src/index.ts";
import { type PollingClient, connectPolling } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";
import { MemoryHub } from "../memory/hub.ts";
import { MemoryServer } from "../memory/server.ts";
import type { Frame, MemoryWebSocket } from "../memory/web-socket.ts";
import { join } from "./client.ts";

const CLIENTS = 6;

const member = fc.nat({ max: CLIENTS - 1 });
const room = fc.constantFrom("a", "b");
const action = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom("to room" as const, "from member" as const, "directly" as const, "burst" as const), member, room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("except" as const, "volatile" as const, "both" as const, "everybody" as const, "bytes" as const), member, room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave" as const, "rejoin all" as const), member, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("listen" as const, "stop listening" as const, "follow" as const, "end" as const, "leave own room" as const), member, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("switch" as const), member, room }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** How a client is connected: by a WebSocket that topics reach, or do not; or it polls, until it switches to one that they reach. */
const transport = fc.constantFrom("reached" as const, "reached" as const, "beyond reach" as const, "polling" as const);
type Transport = typeof transport extends fc.Arbitrary<infer T> ? T : never;

interface Member {
  readonly socket: Socket;
  readonly polling?: PollingClient;
  ws?: MemoryWebSocket;
}

/** A server and its clients. */
class Setting {
  readonly hub = new MemoryHub();
  readonly io: MemoryServer;
  readonly members: Member[] = [];
  /** What listeners heard, of each client. */
  readonly told: unknown[][] = Array.from({ length: CLIENTS }, () => []);
  #events = 0;

  constructor(hasTopics: boolean) {
    this.io = new MemoryServer({ allowEIO3: true }, { host: new MemoryHost({ hasTopics }) });
    this.io.sockets.adapter.on("leave-room", (left) => void this.io.to(left).emit("left", ++this.#events));
  }

  async start(transports: readonly Transport[]): Promise<this> {
    for (const each of transports) this.members.push(await this.#connect(each));
    for (const { socket } of this.members) await socket.join("a");
    return this;
  }

  /** What has come over WebSockets since the last time. */
  take(): Frame[][] {
    return this.members.map(({ ws }) => ws?.take() ?? []);
  }

  async #connect(how: Transport): Promise<Member> {
    if (how !== "polling") {
      const { socket, client } = await join(this.io, "/", undefined, how === "reached" ? { hub: this.hub } : {});
      return { socket, ws: client.ws };
    }
    const polling = await connectPolling(this.io);
    await polling.send("40");
    return { socket: [...this.io.sockets.sockets.values()].at(-1)!, polling };
  }

  async #switch(polled: Member): Promise<void> {
    if (polled.ws !== undefined || polled.socket.disconnected) return;
    polled.ws = await polled.polling!.probe({ hub: this.hub });
    polled.ws.send("2probe", "5");
  }

  async perform({ do: what, member: at, room: name }: Action): Promise<void> {
    const { io } = this;
    const { socket, ws } = this.members[at]!;
    const n = ++this.#events;
    switch (what) {
      case "to room": io.to(name).emit("e", n); break;
      case "from member": socket.to(name).emit("e", n); break;
      case "directly": socket.emit("e", n); break;
      case "burst": for (const to of [io.to(name), socket, socket.to(name), io.in(name)]) to.emit("e", n); break;
      case "except": io.to("a").except(name).emit("e", n); break;
      case "volatile": io.to(name).volatile.emit("e", n); break;
      case "both": io.to(["a", "b"]).emit("e", n); break;
      case "everybody": socket.broadcast.emit("e", n); break;
      case "bytes": io.to(name).emit("e", new Uint8Array([n & 255]), n); break;
      case "join": await socket.join(name); break;
      case "leave": await socket.leave(name); break;
      case "rejoin all": io.in(name).socketsLeave(name); io.socketsJoin(name); break;
      case "listen": socket.onAnyOutgoing((...args) => void this.told[at]!.push(args)); break;
      case "stop listening": socket.offAnyOutgoing(); break;
      case "follow": socket.conn.once("packetCreate", ({ data }) => void this.told[at]!.push(data)); break;
      case "end": if (at % 2 === 0) ws?.close(); else socket.disconnect(n % 4 === 0); break;
      case "switch": await this.#switch(this.members[at]!); break;
      case "leave own room": await socket.leave(socket.id); break;
    }
    await io.host.settle();
  }
}

test("with topics, each client gets what it gets without them, in the same order", async () => {
  let published = 0;
  const property = fc.asyncProperty(
    fc.array(transport, { minLength: CLIENTS, maxLength: CLIENTS }),
    fc.array(action, { minLength: 10, maxLength: 60 }),
    async (transports, actions) => {
      const [by, without] = [await new Setting(true).start(transports), await new Setting(false).start(transports)];
      for (const each of actions) {
        await by.perform(each);
        await without.perform(each);
        assert.deepEqual(by.take(), without.take(), each.do);
        assert.deepEqual(by.told, without.told);
      }
      published += by.hub.published;
    },
  );
  await fc.assert(property, { numRuns: 300, seed: 20_301 });
  assert.ok(published > 1_000, `${published} were published`);
});
