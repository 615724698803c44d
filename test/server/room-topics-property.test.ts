import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "#test";
import { MemoryHost } from "../memory/host.ts";
import { MemoryHub } from "../memory/hub.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Member, join } from "./client.ts";

const CLIENTS = 6;

const member = fc.nat({ max: CLIENTS - 1 });
const room = fc.constantFrom("a", "b");
const action = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom("to room" as const, "from member" as const, "directly" as const, "burst" as const), member, room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("except" as const, "volatile" as const, "both" as const, "everybody" as const, "bytes" as const), member, room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave" as const, "rejoin all" as const), member, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("listen" as const, "stop listening" as const, "follow" as const, "end" as const, "sleep in" as const), member, room }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** A server and its clients, some of which topics reach. */
class Setting {
  readonly hub = new MemoryHub();
  readonly io: MemoryServer;
  readonly members: Member[] = [];
  readonly told: unknown[] = [];
  #events = 0;

  constructor(hasTopics: boolean) {
    this.io = new MemoryServer({ allowEIO3: true }, { host: new MemoryHost({ hasTopics }) });
    this.io.sockets.adapter.on("leave-room", (left) => void this.io.to(left).emit("left", ++this.#events));
  }

  async start(reached: readonly boolean[]): Promise<this> {
    for (const isReached of reached) this.members.push(await join(this.io, "/", undefined, isReached ? { hub: this.hub } : {}));
    for (const { socket } of this.members) await socket.join("a");
    return this;
  }

  async perform({ do: what, member: at, room: name }: Action): Promise<void> {
    const { io } = this;
    const { socket, client } = this.members[at]!;
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
      case "listen": socket.onAnyOutgoing((...args) => void this.told.push([at, args])); break;
      case "stop listening": socket.offAnyOutgoing(); break;
      case "follow": socket.conn.once("packetCreate", ({ data }) => void this.told.push([at, data])); break;
      case "end": if (at % 2 === 0) client.ws.close(); else socket.disconnect(n % 4 === 0); break;
      case "sleep in": await socket.leave(socket.id); break;
    }
    await io.host.settle();
  }
}

test("with topics, each client gets what it gets without them, in the same order", async () => {
  let published = 0;
  const property = fc.asyncProperty(
    fc.array(fc.boolean(), { minLength: CLIENTS, maxLength: CLIENTS }),
    fc.array(action, { minLength: 10, maxLength: 60 }),
    async (reached, actions) => {
      const [by, without] = await Promise.all([new Setting(true).start(reached), new Setting(false).start(reached)]);
      for (const each of actions) {
        await by.perform(each);
        await without.perform(each);
        const frames = (setting: Setting): unknown[] => setting.members.map(({ client }) => client.ws.take());
        assert.deepEqual(frames(by), frames(without), each.do);
        assert.deepEqual(by.told, without.told);
      }
      published += by.hub.published;
    },
  );
  await fc.assert(property, { numRuns: 300, seed: 20_301 });
  assert.ok(published > 1_000, `${published} were published`);
});
