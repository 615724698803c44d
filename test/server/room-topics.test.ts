import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { ServerOptions } from "../../src/index.ts";
import { MemoryAdapter } from "../../src/adapter/memory.ts";
import { connectPolling, openWebSocket } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";
import { MemoryHub } from "../memory/hub.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Member, join } from "./client.ts";

/** Broadcasts after which a room that nobody joins or leaves has a topic. */
const WARM = 4;

interface Setting {
  readonly io: MemoryServer;
  readonly hub: MemoryHub;
  readonly members: readonly Member[];
}

/** A room `r` that has a topic, with `size` members. */
async function warmRoom(size: number, options: ServerOptions = {}): Promise<Setting> {
  const [host, hub] = [new MemoryHost({ hasTopics: true }), new MemoryHub()];
  const io = new MemoryServer(options, { host });
  const members: Member[] = [];
  for (let count = 0; count < size; count++) members.push(await enter(io, hub));
  for (let count = 0; count < WARM; count++) io.to("r").emit("warm");
  assert.equal(hub.published, 1, "the room has a topic");
  for (const { client } of members) assert.equal(client.take().length, WARM);
  return { io, hub, members };
}

async function enter(io: MemoryServer, hub: MemoryHub): Promise<Member> {
  const member = await join(io, "/", undefined, { hub });
  await member.socket.join("r");
  return member;
}

const heard = (members: readonly Member[]): string[] => members.map(({ client }) => client.take().map((packet) => String(packet).replace(/^2\["|"\]$/g, "")).join(" "));

describe("a room that is broadcast to often", () => {
  test("is a topic: each member gets each event once", async () => {
    const { io, hub, members } = await warmRoom(4);
    for (const event of ["a", "b", "c"]) io.to("r").emit(event);
    assert.deepEqual(heard(members), Array.from({ length: 4 }, () => "a b c"));
    assert.equal(hub.published, 4);
  });

  test("is a topic for all but the sender too", async () => {
    const { hub, members } = await warmRoom(4);
    members[1]!.socket.to("r").emit("a");
    assert.deepEqual(heard(members), ["a", "", "a", "a"]);
    assert.equal(hub.published, 2);
  });

  test("goes to all where the sender is not in it", async () => {
    const { io, hub, members } = await warmRoom(3);
    const { socket } = await join(io, "/", undefined, { hub });
    socket.to("r").emit("a");
    io.to("r").except("nowhere").emit("b");
    assert.deepEqual(heard(members), ["a b", "a b", "a b"]);
    assert.equal(hub.published, 3);
  });

  test("loses and gains members, at once", async () => {
    const { io, hub, members } = await warmRoom(4);
    void members[0]!.socket.leave("r");
    const newcomer = await enter(io, hub);
    io.to("r").emit("a");
    members[1]!.client.ws.close();
    await io.host.settle();
    members[2]!.socket.disconnect();
    io.to("r").emit("b");
    assert.deepEqual(heard([members[0]!, members[3]!, newcomer]), ["", "a b", "a b"]);
    assert.deepEqual(heard([members[2]!]), ["a 1"]);
    assert.equal(hub.published, 2, "with two members a loop is as good");
  });

  test("is not heard by one that is gone from all rooms while listeners are still told of the first", async () => {
    const { io, hub, members } = await warmRoom(4);
    const [leaver] = members;
    await leaver!.socket.join("a");
    io.of("/").adapter.on("leave-room", (room) => room === leaver!.socket.id && void io.to("r").emit("left"));
    await leaver!.client.say("1");
    assert.deepEqual(heard(members), ["", "left", "left", "left"]);
    assert.equal(hub.published, 2);
  });

  test("is not heard by one whose adapter forgets it late, and is gone from the namespace", async () => {
    class Late extends MemoryAdapter {
      override delAll(id: string): void {
        setTimeout(() => super.delAll(id));
      }
    }
    const { io, hub, members } = await warmRoom(4, { adapter: Late });
    members[0]!.socket.disconnect();
    io.to("r").emit("a");
    assert.deepEqual(heard(members), ["1", "a", "a", "a"]);
    assert.deepEqual([hub.published, hub.subscriptions], [2, 3]);
  });

  test("does not mind what an adapter of before still does", async () => {
    const { io, hub, members } = await warmRoom(3);
    const before = io.sockets.adapter;
    io.adapter(MemoryAdapter);
    for (const { socket } of members) await socket.join("r");
    for (let count = 0; count < WARM; count++) io.to("r").emit("warm");
    heard(members);
    const stranger = await join(io, "/", undefined, { hub });
    void before.del(members[0]!.socket.id, "r");
    void before.addAll(stranger.socket.id, new Set(["r"]));
    io.to("r").emit("a");
    assert.deepEqual(heard([...members, stranger]), ["a", "a", "a", ""]);
    assert.equal(hub.published, 3);
  });

  test("is another one where somebody has emptied it by hand", async () => {
    const { io, hub, members } = await warmRoom(3);
    io.sockets.adapter.rooms.delete("r");
    const others = [await enter(io, hub), await enter(io, hub), await enter(io, hub)];
    io.to("r").emit("a");
    assert.deepEqual(heard([...members, ...others]), ["", "", "", "a", "a", "a"]);
    assert.equal(hub.subscriptions, 0);
  });

  test("starts anew with another adapter", async () => {
    const { io, hub, members } = await warmRoom(3);
    io.adapter(MemoryAdapter);
    assert.equal(hub.subscriptions, 0);
    io.to("r").emit("nobody");
    for (const { socket } of members) await socket.join("r");
    io.to("r").emit("a");
    assert.deepEqual(heard(members), ["a", "a", "a"]);
    assert.equal(hub.published, 1);
  });

  test("is forgotten once nobody is in it", async () => {
    const { io, hub, members } = await warmRoom(3);
    for (const { socket } of members) await socket.leave("r");
    assert.equal(hub.subscriptions, 0);
    for (const { socket } of members) await socket.join("r");
    io.to("r").emit("a");
    assert.deepEqual(heard(members), ["a", "a", "a"]);
    assert.equal(hub.published, 1);
  });
});

describe("a member that must be sent to by itself does not keep the others from a topic:", () => {
  test("over polling, until it has switched", async () => {
    const { io, hub, members } = await warmRoom(3);
    const client = await connectPolling(io);
    await client.send("40");
    await client.receive();
    await [...io.sockets.sockets.values()].at(-1)!.join("r");
    io.to("r").emit("a");
    assert.deepEqual(await client.receive(), ['42["a"]']);
    const ws = await client.upgrade();
    io.to("r").emit("b");
    assert.deepEqual(ws.take(), ['42["b"]']);
    assert.deepEqual(heard(members), ["a b", "a b", "a b"]);
    assert.equal(hub.published, 3);
  });

  test("whose client switches, while what waited for it moves", async () => {
    const { io, hub } = await warmRoom(3, { limits: { highWaterMark: 1_000 } });
    const client = await connectPolling(io);
    await client.send("40");
    await client.receive();
    const socket = [...io.sockets.sockets.values()].at(-1)!;
    await socket.join("r");
    for (const event of ["a", "b", "c"]) socket.emit(event, "x".repeat(200));
    const ws = await client.probe({ hub });
    io.diagnostics.once("backpressure", () => void io.to("r").emit("d"));
    ws.reads = false;
    ws.bufferedAmount = 700;
    ws.send("2probe", "5");
    await io.host.settle();
    assert.deepEqual(ws.take().map((frame) => (frame as string).slice(0, 6)), ["3probe", '42["a"', '42["b"', '42["c"', '42["d"']);
  });

  test("of Engine.IO 3", async () => {
    const { io, hub, members } = await warmRoom(3, { allowEIO3: true });
    const ws = await openWebSocket(io, { EIO: "3" }, {}, { hub });
    await [...io.sockets.sockets.values()].at(-1)!.join("r");
    ws.take();
    io.to("r").emit("a", new Uint8Array([7]));
    assert.deepEqual(ws.take(), ['451-["a",{"_placeholder":true,"num":0}]', new Uint8Array([4, 7])]);
    for (const { client } of members) assert.deepEqual(client.take(), ['51-["a",{"_placeholder":true,"num":0}]', new Uint8Array([7])]);
    assert.deepEqual([hub.published, hub.subscriptions], [2, 3]);
  });

  test("whose outgoing events are listened to, as long as they are", async () => {
    const { io, hub, members } = await warmRoom(3);
    const [{ socket }] = members as [Member];
    const outgoing: unknown[] = [];
    const listener = (event: string): void => void outgoing.push(event);
    socket.onAnyOutgoing(listener);
    io.to("r").emit("a");
    assert.equal(hub.subscriptions, 2);
    socket.offAnyOutgoing(listener);
    socket.prependAnyOutgoing(listener);
    io.to("r").emit("b");
    socket.offAnyOutgoing();
    io.to("r").emit("c");
    assert.equal(hub.subscriptions, 3);
    assert.deepEqual(outgoing, ["a", "b"]);
    assert.deepEqual(heard(members), ["a b c", "a b c", "a b c"]);
  });

  for (const event of ["packetCreate", "flush", "drain"] as const) {
    test(`whose connection has a listener of ${event}`, async () => {
      const { io, hub, members } = await warmRoom(3);
      const { conn } = members[0]!.socket;
      let times = 0;
      conn.on(event, () => void (times += 1));
      io.to("r").emit("a");
      assert.equal(times, 1);
      assert.equal(hub.subscriptions, 2);
      conn.removeAllListeners(event);
      io.to("r").emit("b");
      assert.equal(hub.subscriptions, 3);
      assert.deepEqual(heard(members), ["a b", "a b", "a b"]);
    });
  }

  test("that holds a lone packet longer than `maxBufferedBytes`, and is closed where more would follow", async () => {
    const { io, hub, members } = await warmRoom(4, { limits: { maxBufferedBytes: 4_000 } });
    const [{ client, socket }] = members as [Member];
    client.ws.reads = false;
    socket.emit("large", "x".repeat(5_000));
    assert.deepEqual([socket.connected, hub.subscriptions], [true, 3]);
    io.to("r").emit("a");
    assert.equal(socket.connected, false);
    assert.deepEqual(heard(members.slice(1)), ["a", "a", "a"]);
    assert.equal(hub.published, 2);
  });

  test("of another hub", async () => {
    const { io, hub, members } = await warmRoom(3);
    const other = new MemoryHub();
    const stranger = await enter(io, other);
    stranger.socket.to("r").emit("a");
    members[0]!.socket.to("r").emit("b");
    assert.deepEqual(heard([...members, stranger]), ["a", "a b", "a b", "b"]);
    assert.deepEqual([hub.published, other.subscriptions], [3, 0]);
  });
});

describe("a loop does what a topic cannot:", () => {
  test("volatile events, several rooms, several exceptions, long events", async () => {
    const { io, hub, members } = await warmRoom(4, { limits: { highWaterMark: 4_000 } });
    void members[0]!.socket.join("s");
    void members[1]!.socket.join("s");
    io.to("r").volatile.emit("a");
    io.to(["r", "s"]).emit("b");
    io.to("r").except("s").emit("c");
    io.to("r").except([members[2]!.socket.id, members[3]!.socket.id]).emit("d");
    io.to("r").emit("e", "x".repeat(1_000));
    io.emit("f");
    for (const { client } of members) client.take();
    assert.equal(hub.published, 1);
    io.to("r").emit("e", "x".repeat(900));
    assert.equal(hub.published, 2);
  });

  test("where slow clients are to miss events", async () => {
    const [host, hub] = [new MemoryHost({ hasTopics: true }), new MemoryHub()];
    const io = new MemoryServer({ slowConsumer: "drop-oldest" }, { host });
    const members = [await enter(io, hub), await enter(io, hub), await enter(io, hub)];
    for (let count = 0; count < 20; count++) io.to("r").emit("a");
    for (const { client } of members) assert.equal(client.take().length, 20);
    assert.equal(hub.published, 0);
  });
});

describe("who does not read what a topic sends", () => {
  /** Each event counts as 100 bytes, and is 32 on the wire. */
  const event = ["event", "x".repeat(24)] as const;

  test("is closed once it holds more than `maxBufferedBytes`, seen after no more than half of that", async () => {
    const { io, hub, members } = await warmRoom(3, { limits: { maxBufferedBytes: 4_000 } });
    const [{ client, socket }] = members as [Member];
    client.ws.reads = false;
    const hits: string[] = [];
    io.diagnostics.on("limit", (name: string) => hits.push(name));
    let most = 0;
    for (let count = 0; count < 1_000 && socket.connected; count++) {
      io.to("r").emit(...event);
      if (socket.connected) most = client.ws.bufferedAmount;
      await io.host.settle();
    }
    assert.ok(!socket.connected && most > 4_000 - 50 && most <= 6_000, `${most}`);
    assert.deepEqual(hits, ["maxBufferedBytes"]);
    assert.ok(hub.published > 50);
    assert.ok(members[1]!.socket.connected && members[2]!.socket.connected);
  });

  test("makes pressure", async () => {
    const { io, members } = await warmRoom(3, { limits: { highWaterMark: 1_000 } });
    const [{ client, socket }] = members as [Member];
    const pressed: unknown[] = [];
    io.diagnostics.on("backpressure", (pressedSocket) => void pressed.push(pressedSocket));
    client.ws.reads = false;
    for (let count = 0; count < 50; count++) io.to("r").emit(...event);
    assert.deepEqual(pressed, [socket]);
    client.ws.drain();
    assert.equal(io.metrics().bufferedBytes, 0);
  });

  test("makes pressure also where that is seen while some of it leaves", async () => {
    const { io, members } = await warmRoom(3, { limits: { highWaterMark: 1_000 } });
    const [{ client, socket }] = members as [Member];
    const pressed: unknown[] = [];
    io.diagnostics.on("backpressure", (pressedSocket) => void pressed.push(pressedSocket));
    io.to("r").emit(...event);
    client.ws.drain(1_100);
    assert.deepEqual(pressed, [socket]);
  });

  test("is looked at after the turn: until then, all are sent to one by one", async () => {
    const { io, hub, members } = await warmRoom(3, { limits: { highWaterMark: 2_000 } });
    for (let count = 0; count < 50; count++) io.to("r").emit(...event);
    assert.ok(hub.published < 10, `${hub.published} were published`);
    await io.host.settle();
    io.to("r").emit("a");
    assert.ok(hub.published > 5);
    for (const { client } of members) assert.equal(client.take().length, 51);
  });

  test("counts towards `maxTotalBufferedBytes`", async () => {
    const { io, members } = await warmRoom(3, { limits: { maxTotalBufferedBytes: 5_000 } });
    const [{ client, socket }] = members as [Member];
    client.ws.reads = false;
    for (let count = 0; count < 1_000 && socket.connected; count++) io.to("r").emit(...event);
    assert.ok(!socket.connected);
    assert.ok(client.ws.bufferedAmount <= 5_100, `${client.ws.bufferedAmount}`);
    assert.ok(members[1]!.socket.connected && members[2]!.socket.connected);
  });

  test("is all that counts: who reads is never closed, whatever is sent", async () => {
    const { io, members } = await warmRoom(3, { limits: { maxBufferedBytes: 1_000, maxTotalBufferedBytes: 2_000 } });
    members[0]!.client.ws.bufferedAmount = 500;
    for (let count = 0; count < 1_000; count++) io.to("r").emit(...event);
    for (const { client } of members) assert.equal(client.take().length, 1_000);
  });
});
