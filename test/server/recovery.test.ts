/** Connection state recovery: what a client gets back, and when it does not (W-56..60, G20–G26, C01–C08). */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { RecoveryStore, ServerOptions, Socket } from "../../src/index.ts";
import { MemoryAdapter } from "../../src/adapter/memory.ts";
import { MemoryHost } from "../memory/host.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Client, assertTidy, connect, faultsOf, recorder } from "./client.ts";
import { MapStore } from "./map-store.ts";

const RECOVERY: ServerOptions = { connectionStateRecovery: {} };

interface Welcome {
  readonly sid: string;
  readonly pid: string;
}

/** What the client was told so far: events by their arguments, and CONNECT. */
interface Heard {
  readonly events: unknown[][];
  readonly welcome: Welcome | undefined;
  readonly order: string;
  /** The offset that the released client would show. */
  readonly offset: string | undefined;
}

function hear(client: Client, offset?: string): Heard {
  const events: unknown[][] = [];
  let welcome: Welcome | undefined;
  let order = "";
  for (const packet of client.take() as string[]) {
    order += packet[0];
    if (packet.startsWith("0")) welcome = JSON.parse(packet.slice(1)) as Welcome;
    if (!packet.startsWith("2")) continue;
    const [, id, json] = /^2(\d*)(\[.*)$/s.exec(packet)!;
    const data = JSON.parse(json!) as unknown[];
    if (id === "") offset = data.pop() as string;
    events.push(data);
  }
  return { events, welcome, order, offset };
}

/** Joins and tells of it. */
async function enter(io: MemoryServer, auth?: unknown): Promise<{ client: Client; socket: Socket; pid: string; heard: Heard }> {
  const client = await connect(io);
  await client.say(`0${auth === undefined ? "" : JSON.stringify(auth)}`);
  const heard = hear(client, (auth as { offset?: string } | undefined)?.offset);
  assert.ok(heard.welcome, "not let in");
  return { client, heard, pid: heard.welcome.pid, socket: io.sockets.sockets.get(heard.welcome.sid)! };
}

/** Joins one namespace beside others; gives back its pid. */
async function enterNamespace(client: Client, name: string): Promise<string> {
  await client.say(`0${name},`);
  const welcome = client.take().find((packet) => String(packet).startsWith(`0${name},`)) as string;
  return (JSON.parse(welcome.slice(name.length + 2)) as Welcome).pid;
}

/** The connection breaks. */
async function cut(io: MemoryServer, client: Client): Promise<void> {
  client.ws.close(1006);
  await io.host.settle();
}

/** A member of "room" is lost. When it comes back, the middlewares take their time over its first attempt. */
async function lose(): Promise<{ io: MemoryServer; pid: string; socket: Socket; decide: () => void }> {
  const io = new MemoryServer({ connectionStateRecovery: { skipMiddlewares: false } });
  const waiting: (() => void)[] = [];
  io.use((socket, next) => (socket.recovered && waiting.length === 0 ? void waiting.push(next) : next()));
  const { client, pid, socket } = await enter(io);
  await socket.join("room");
  await cut(io, client);
  return { io, pid, socket, decide: () => waiting[0]!() };
}

/** It is on its way back: the middlewares have not decided yet. */
async function tryAgain(): Promise<Awaited<ReturnType<typeof lose>> & { trying: Client }> {
  const lost = await lose();
  const trying = await connect(lost.io);
  await trying.say(`0${JSON.stringify({ pid: lost.pid })}`);
  return { ...lost, trying };
}

describe("a socket whose connection ends while its CONNECT is written", () => {
  test("does not come back: the app has never heard of it", async () => {
    const io = new MemoryServer(RECOVERY);
    let announced = 0;
    io.on("connection", () => void announced++);
    const client = await connect(io);
    client.ws.bufferedAmount = 1e9;
    await client.say("0");
    const { adapter } = io.of("/") as unknown as { adapter: { kept: { sessions: number } } };
    assert.deepEqual([announced, io.engine.clientsCount, adapter.kept.sessions], [0, 0, 0]);
  });
});

describe("a client that has missed more than may wait for it", () => {
  test("starts anew, instead of losing its connection each time it comes back", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxBufferedBytes: 1000 } });
    const { client, pid, heard } = await enter(io);
    await cut(io, client);
    for (let sent = 0; sent < 3; sent++) io.emit("event", "x".repeat(300));
    const back = await enter(io, { pid });
    assert.notEqual(back.heard.welcome!.sid, heard.welcome!.sid);
    assert.deepEqual([back.socket.recovered, back.heard.order, io.engine.clientsCount], [false, "0", 1]);
    assert.equal(io.metrics().limits["maxBufferedBytes"], 1);
  });

  test("comes back with what there is just room for", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxBufferedBytes: 1000 } });
    const { client, pid } = await enter(io);
    await cut(io, client);
    for (let sent = 0; sent < 2; sent++) io.emit("event", "x".repeat(300));
    const back = await enter(io, { pid });
    assert.deepEqual([back.socket.recovered, back.heard.order], [true, "220"]);
  });

  test("starts anew in the namespaces for which the others, still in their middlewares, leave no room", async () => {
    const io = new MemoryServer({ connectionStateRecovery: { skipMiddlewares: false }, limits: { maxBufferedBytes: 1000 } });
    const namespaces = ["/a", "/b", "/c"];
    for (const name of namespaces) io.of(name).use((_socket, next) => queueMicrotask(next));
    const client = await connect(io);
    const pids: string[] = [];
    for (const name of namespaces) pids.push(await enterNamespace(client, name));
    await cut(io, client);
    io.of("/a").emit("event", "x".repeat(300));
    for (const name of ["/b", "/c"]) io.of(name).emit("event", "x".repeat(600));
    const back = await connect(io);
    const comeback = (at: number): string => `0${namespaces[at]},${JSON.stringify({ pid: pids[at] })}`;
    await back.say(comeback(0), comeback(1));
    // What was promised to the first has been sent.
    await back.say(comeback(2));
    assert.deepEqual(namespaces.map((name) => [...io.of(name).sockets.values()].map(({ recovered }) => recovered)), [[true], [false], [true]]);
    assert.equal(io.metrics().limits["maxBufferedBytes"], 1);
  });

  test("gets nothing of it where there is no room left after the middlewares, and may try again", async () => {
    const io = new MemoryServer({ connectionStateRecovery: { skipMiddlewares: false }, limits: { maxBufferedBytes: 1000 } });
    const waiting: (() => void)[] = [];
    io.use((socket, next) => (socket.recovered && waiting.length === 0 ? void waiting.push(next) : next()));
    const { client, pid } = await enter(io);
    await cut(io, client);
    for (let sent = 0; sent < 2; sent++) io.emit("event", "x".repeat(300));
    const trying = await connect(io);
    await trying.say(`0${JSON.stringify({ pid })}`);
    trying.ws.bufferedAmount = 500;
    waiting[0]!();
    await io.host.settle();
    assert.deepEqual([trying.take(), trying.isClosed, io.metrics().limits["maxBufferedBytes"]], [[], true, 1]);
    const back = await enter(io, { pid });
    assert.deepEqual([back.socket.recovered, back.heard.order], [true, "220"]);
  });
});

describe("what listeners send while an event goes out", () => {
  const names = (client: Client): unknown[] => client.take().map((packet) => /\["([^"]*)"/.exec(String(packet))?.[1] ?? packet);

  /** Two clients; while the first is sent "first", `act` runs for the second. */
  async function meanwhile(act: (socket: Socket, io: MemoryServer) => void): Promise<unknown[]> {
    const io = new MemoryServer(RECOVERY);
    const one = await enter(io);
    const two = await enter(io);
    one.socket.onAnyOutgoing((event) => void (event === "first" && act(two.socket, io)));
    io.emit("first");
    await io.host.settle();
    return names(two.client);
  }

  const sent: Readonly<Record<string, (socket: Socket, io: MemoryServer) => void>> = {
    "an event": (socket) => socket.emit("b"),
    "an event to be acknowledged": (socket) => socket.emit("b", () => {}),
    "a broadcast to be acknowledged": (_socket, io) => io.timeout(100).emit("b", () => {}),
  };
  for (const [what, send] of Object.entries(sent)) {
    test(`arrives in order, where it is ${what} (G1)`, async () => {
      const order = await meanwhile((socket, io) => {
        io.emit("a");
        send(socket, io);
      });
      assert.deepEqual(order, ["first", "a", "b"]);
    });
  }

  test("arrives before the end (G1)", async () => {
    const order = await meanwhile((socket) => {
      socket.emit("last word");
      socket.disconnect();
    });
    assert.deepEqual(order, ["first", "last word", "1"]);
  });

  test("arrives before an answer (G1)", async () => {
    const io = new MemoryServer(RECOVERY);
    const one = await enter(io);
    const two = await enter(io);
    let answer: (() => void) | undefined;
    two.socket.on("ask", (given: () => void) => (answer = given));
    await two.client.say('21["ask"]');
    one.socket.onAnyOutgoing(() => {
      two.socket.emit("a");
      answer!();
    });
    one.socket.emit("first");
    await io.host.settle();
    assert.deepEqual(names(two.client), ["a", "31[]"]);
  });
});

describe("CONNECT with recovery", () => {
  test("tells a pid of 20 characters that is neither id, and only where the option is set (W-56, G26)", async () => {
    const { heard, client } = await enter(new MemoryServer(RECOVERY));
    const { pid, sid } = heard.welcome!;
    assert.match(pid, /^[\w-]{20}$/);
    assert.notEqual(pid, sid);
    assert.notEqual(pid, client.open.sid);
    const without = await enter(new MemoryServer());
    assert.deepEqual(Object.keys(without.heard.welcome!), ["sid"]);
  });

  test("gives id, rooms, data and missed events back: first the events, then CONNECT (G23, W-59, C02)", async () => {
    const io = new MemoryServer(RECOVERY);
    const { heard, hear: listen } = recorder();
    io.on("connection", (socket) => listen("connection")(socket.recovered));
    const { client, socket, pid } = await enter(io);
    await socket.join("room");
    socket.data.name = "Ada";
    io.emit("before");
    const { offset } = hear(client);
    await cut(io, client);
    io.to("room").emit("missed", 1);
    io.to("elsewhere").emit("not for it");
    io.to(socket.id).emit("missed", 2);
    socket.emit("missed", 3);
    const back = await enter(io, { pid, offset });
    assert.deepEqual(back.heard.events, [["missed", 1], ["missed", 2], ["missed", 3]]);
    assert.equal(back.heard.order, "2220");
    assert.deepEqual(back.heard.welcome, { sid: socket.id, pid });
    assert.notEqual(back.socket, socket);
    assert.deepEqual([...back.socket.rooms].sort(), [socket.id, "room"].sort());
    assert.deepEqual(back.socket.data, { name: "Ada" });
    assert.deepEqual(heard, [["connection", false], ["connection", true]]);
    io.to("room").emit("live");
    assert.deepEqual(hear(back.client).events, [["live"]]);
    assertTidy(io.sockets);
  });

  test("is good once: a client that then leaves by itself has nothing to come back to (G24, I16)", async () => {
    const io = new MemoryServer(RECOVERY);
    const { client, pid, heard } = await enter(io);
    await cut(io, client);
    const back = await enter(io, { pid });
    assert.equal(back.heard.welcome!.sid, heard.welcome!.sid);
    await back.client.say("1");
    assert.notEqual((await enter(io, { pid })).heard.welcome!.sid, heard.welcome!.sid);
  });

  test("keeps sockets for the ends that nobody has decided on, and for no others (W-58)", async () => {
    const ends: Record<string, (member: { client: Client; socket: Socket }) => unknown> = {
      "transport close": ({ client }) => client.ws.close(1006),
      "forced close": ({ socket }) => socket.conn.close(),
      "client namespace disconnect": ({ client }) => client.say("1"),
      "server namespace disconnect": ({ socket }) => socket.disconnect(),
      "parse error": ({ client }) => client.ws.send("x"),
    };
    const back: string[] = [];
    for (const [reason, end] of Object.entries(ends)) {
      const io = new MemoryServer(RECOVERY);
      const member = await enter(io);
      const reasons: string[] = [];
      member.socket.on("disconnect", (each) => reasons.push(each));
      await end(member);
      await io.host.settle();
      assert.deepEqual(reasons, [reason]);
      if ((await enter(io, { pid: member.pid })).socket.recovered) back.push(reason);
    }
    assert.deepEqual(back, ["transport close", "forced close"]);
  });

  test("does not keep the socket of a client that broke the protocol, or was closed by onInbound or a limit", async () => {
    const ends: Record<string, (client: Client) => unknown> = {
      "an invalid packet": (client) => client.say("2{}"),
      "an unknown type": (client) => client.say("9"),
      "onInbound": (client) => client.say('2["spam"]'),
      "a limit": (client) => client.say("0/full,"),
      "a broken connection": (client) => client.ws.close(1006),
      "the app": (client) => client.say('2["end"]'),
    };
    const back: string[] = [];
    for (const [what, end] of Object.entries(ends)) {
      const io = new MemoryServer({ ...RECOVERY, onInbound: (_conn, { event }) => (event === "spam" ? "close" : "ok"), limits: { maxNamespacesPerConnection: 1 } });
      io.on("connection", (socket) => void socket.on("end", () => socket.conn.close()));
      const { client, pid } = await enter(io);
      await end(client);
      await io.host.settle();
      assert.equal(io.engine.clientsCount, 0, what);
      if ((await enter(io, { pid })).socket.recovered) back.push(what);
    }
    assert.deepEqual(back, ["a broken connection", "the app"]);
  });

  test("skips the middlewares, or runs them again, and a refusal there is final (G26)", async () => {
    const seen: boolean[] = [];
    const serve = (skipMiddlewares: boolean): MemoryServer => {
      const io = new MemoryServer({ connectionStateRecovery: { skipMiddlewares } });
      io.use((socket, next) => {
        seen.push(socket.recovered);
        next(socket.handshake.auth.refuse === true ? new Error("no") : undefined);
      });
      return io;
    };
    const skipping = serve(true);
    const first = await enter(skipping);
    await cut(skipping, first.client);
    assert.equal((await enter(skipping, { pid: first.pid, refuse: true })).socket.recovered, true);
    const running = serve(false);
    const second = await enter(running);
    await cut(running, second.client);
    const refused = await connect(running);
    await refused.say(`0${JSON.stringify({ pid: second.pid, refuse: true })}`);
    assert.deepEqual(refused.take(), ['4{"message":"no"}']);
    assert.equal((await enter(running, { pid: second.pid })).socket.recovered, false);
    assert.deepEqual(seen, [false, false, true, false]);
    assertTidy(running.sockets);
  });

  test("may be tried again when the connection breaks while the middlewares decide", async () => {
    const { io, pid, socket, trying, decide } = await tryAgain();
    io.to("room").emit("meanwhile");
    await cut(io, trying);
    decide();
    await io.host.settle();
    const back = await enter(io, { pid });
    assert.equal(back.socket.recovered, true);
    assert.deepEqual(back.heard.events, [["meanwhile"]]);
    assert.deepEqual([...back.socket.rooms].sort(), [socket.id, "room"].sort());
  });

  test("may be tried again as soon as the connection breaks, however long the middlewares take", async () => {
    const { io, pid, socket, trying, decide } = await tryAgain();
    await cut(io, trying);
    const back = await enter(io, { pid });
    decide();
    await io.host.settle();
    assert.equal(back.socket.recovered, true);
    assert.deepEqual([...back.socket.rooms].sort(), [socket.id, "room"].sort());
    back.client.take();
    io.to("room").emit("news");
    assert.equal(hear(back.client).events.length, 1);
  });

  test("ends a connection that looks alive, whose socket hears so first (C03)", async () => {
    const io = new MemoryServer(RECOVERY);
    const { heard, hear: listen } = recorder();
    const { client, pid, socket } = await enter(io);
    socket.on("disconnect", (reason, description) => listen("disconnect")(reason, (description as Error).message));
    io.on("connection", listen("connection"));
    const back = await enter(io, { pid });
    assert.deepEqual(heard.map((each) => (each as unknown[])[0]), ["disconnect", "connection"]);
    assert.deepEqual(heard[0], ["disconnect", "transport error", "the client has come back over another connection"]);
    assert.equal(client.isClosed, true);
    assert.equal(back.socket.id, socket.id);
  });

  test("ends a connection that looks alive in its middlewares, too, and only one that came before (G24)", async () => {
    const { io, pid, socket, decide } = await lose();
    const [early, trying] = [await connect(io), await connect(io)];
    await trying.say(`0${JSON.stringify({ pid })}`);
    await early.join("/", { pid });
    assert.equal(trying.isClosed, false);
    io.to("room").emit("meanwhile");
    const back = await enter(io, { pid });
    assert.deepEqual([trying.isClosed, back.socket.recovered, back.heard.events], [true, true, [["meanwhile"]]]);
    decide();
    await io.host.settle();
    assert.deepEqual([...back.socket.rooms].sort(), [socket.id, "room"].sort());
    await cut(io, back.client);
    assert.equal((await enter(io, { pid })).socket.recovered, true);
  });

  for (const silent of ["restoreSession", "persistSession"]) {
    test(`starts anew where ${silent} of the adapter does not answer in time`, async () => {
      class Slow extends MemoryAdapter {
        persistSession(): Promise<void> | void {
          if (silent === "persistSession") return new Promise(() => {});
        }
        restoreSession(): Promise<null> {
          return new Promise(() => {});
        }
      }
      const limits = { middlewareTimeout: 50 };
      const io = new MemoryServer({ ...RECOVERY, adapter: Slow, limits });
      const { client, pid } = await enter(io);
      await cut(io, client);
      const back = await connect(io);
      await back.say(`0${JSON.stringify({ pid })}`);
      await io.host.advance(50);
      assert.equal(hear(back).order, "0");
      assert.deepEqual([io.metrics().unjoined, io.metrics().limits], [0, { middlewareTimeout: 1 }]);
    });
  }

  test("replays what was on its way when the socket left the room, and not what came before it joined", async () => {
    const io = new MemoryServer(RECOVERY);
    const { client, pid, socket } = await enter(io);
    io.to("room").emit("before");
    await socket.join("room");
    io.to("room").emit("on its way");
    await socket.leave("room");
    io.to("room").emit("after");
    await cut(io, client);
    assert.deepEqual((await enter(io, { pid })).heard.events, [["on its way"]]);
  });

  test("replays a room to one whose listeners of its end have left it: that is too late", async () => {
    const io = new MemoryServer(RECOVERY);
    const { client, pid, socket, heard } = await enter(io);
    await socket.join("room");
    socket.on("disconnect", () => socket.leave("room"));
    io.emit("last heard");
    const { offset } = hear(client, heard.offset);
    await cut(io, client);
    io.to("room").emit("missed");
    const back = await enter(io, { pid, offset });
    assert.deepEqual(back.heard.events, [["missed"]]);
    void socket.leave("room");
    assert.equal(back.socket.rooms.has("room"), true);
  });

  test("knows what was lost of a room that the socket has left since (G21)", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxRecoveryPackets: 1 } });
    const { client, pid, socket } = await enter(io);
    await socket.join("room");
    io.to("room").emit("on its way");
    await socket.leave("room");
    for (let i = 0; i < 3; i++) io.to("elsewhere").emit("pushes the others out");
    await cut(io, client);
    assert.equal((await enter(io, { pid })).socket.recovered, false);
  });

  test("knows that a socket was not always excepted (G21)", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxRecoveryPackets: 1 } });
    const { client, pid, socket } = await enter(io);
    io.except("room").emit("on its way");
    await socket.join("room");
    io.except("room").emit("not for it");
    io.to("elsewhere").emit("pushes the others out");
    await cut(io, client);
    assert.equal((await enter(io, { pid })).socket.recovered, false);
  });

  test("does not mind how much a socket itself has told others (G21)", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxRecoveryPackets: 1 } });
    const { client, pid, socket } = await enter(io);
    await socket.join("room");
    for (let i = 0; i < 5; i++) socket.to("room").emit("said");
    await cut(io, client);
    assert.equal((await enter(io, { pid })).socket.recovered, true);
  });

  test("sends events in the order of their offsets, also those that a listener emits meanwhile", async () => {
    const io = new MemoryServer(RECOVERY);
    const [one, other] = [await enter(io), await enter(io)];
    one.socket.onAnyOutgoing((event: string) => event === "first" && io.emit("second"));
    io.emit("first");
    for (const { client } of [one, other]) {
      const packets = client.take() as string[];
      assert.deepEqual(packets.map((packet) => /\.(\d+)"/.exec(packet)![1]), ["1", "2"]);
    }
  });

  test("sends first what was missed, also before what is said because of that (G23)", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxTotalBufferedBytes: 1700 } });
    const [hog, one] = [await enter(io), await enter(io)];
    await cut(io, one.client);
    for (let i = 0; i < 3; i++) io.emit("missed", i, "x".repeat(200));
    hog.client.ws.reads = false;
    hog.socket.on("disconnecting", () => io.emit("bye"));
    hog.socket.emit("much", "x".repeat(1500));
    const back = await connect(io);
    back.ws.reads = false;
    await back.say(`0${JSON.stringify({ pid: one.pid })}`);
    assert.equal(hog.client.isClosed, true);
    back.ws.drain();
    const { events, order } = hear(back);
    assert.deepEqual([events.map(([name]) => name), order], [["missed", "missed", "missed", "bye"], "22220"]);
  });

  test("copies the bytes that it keeps, and counts acknowledged events out", async () => {
    const io = new MemoryServer(RECOVERY);
    const { client, pid, socket } = await enter(io);
    const bytes = Uint8Array.of(1, 2);
    io.emit("bytes", bytes);
    socket.emit("question", () => {});
    bytes[0] = 9;
    await cut(io, client);
    const back = await connect(io);
    await back.say(`0${JSON.stringify({ pid })}`);
    const packets = back.take();
    assert.match(String(packets[0]), /^51-\["bytes",\{"_placeholder":true,"num":0\},"[\w-]+\.1"\]$/);
    assert.deepEqual(packets[1], Uint8Array.of(1, 2));
    assert.equal(packets.length, 3);
  });

  test("takes rooms that programs without types name by a number, or not at all, and counts what was sent there", async () => {
    const io = new MemoryServer({ ...RECOVERY, limits: { maxRecoveryBytes: 1000 } });
    const { client, pid, socket } = await enter(io);
    void socket.join(7 as never);
    await cut(io, client);
    io.to(undefined as never).except(null as never).emit("for nobody");
    io.to(7 as never).emit("missed");
    const { heard } = await enter(io, { pid });
    assert.deepEqual(heard.events, [["missed"]]);
    for (let sent = 0; sent < 10; sent++) io.to(7 as never).emit("event", "x".repeat(300));
    assert.equal(io.metrics().recovery.packets, 2);
  });

  test("keeps nothing, and asks for no tick, once nobody is there or can come back", async () => {
    const io = new MemoryServer({ connectionStateRecovery: { maxDisconnectionDuration: 100 }, pingInterval: 1e9 });
    const kept = () => io.metrics().recovery;
    const { client, pid } = await enter(io);
    io.emit("news");
    await cut(io, client);
    assert.deepEqual({ ...kept(), bytes: 0 }, { sessions: 1, packets: 1, bytes: 0 });
    await io.host.advance(100);
    assert.equal(kept().sessions, 1);
    await io.host.advance(1);
    assert.deepEqual(kept(), { sessions: 0, packets: 0, bytes: 0 });
    assert.equal(io.host.nextWakeUp, undefined);
    assert.equal((await enter(io, { pid })).socket.recovered, false);
  });

  test("keeps a child of a dynamic namespace while somebody may come back", async () => {
    const io = new MemoryServer({ connectionStateRecovery: { maxDisconnectionDuration: 100 }, cleanupEmptyChildNamespaces: true });
    io.of(/^\/child$/);
    const client = await connect(io);
    await client.say("0/child,");
    await cut(io, client);
    assert.equal(io._nsps.has("/child"), true);
    await io.host.advance(101);
    assert.equal(io._nsps.has("/child"), false);
  });

  test("comes with options that are given when the server is attached", async () => {
    const io = new MemoryServer();
    io.reopen(RECOVERY);
    const { client, pid } = await enter(io);
    await cut(io, client);
    assert.equal((await enter(io, { pid })).socket.recovered, true);
  });
});

describe("a store", () => {
  const serve = (store: RecoveryStore, host: MemoryHost, options: ServerOptions = {}): MemoryServer => {
    return new MemoryServer({ connectionStateRecovery: { store }, ...options }, { host });
  };

  test("lets clients come back to another process, where they were when it went", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const before = serve(store, host);
    const { client, pid, socket } = await enter(before);
    const gone = await enter(before);
    await socket.join(["left", "room"]);
    await host.settle();
    await socket.leave("left");
    socket.on("change", () => (socket.data.value = { deep: [1] }));
    await client.say('2["change"]');
    before.to("room").emit("missed");
    await cut(before, gone.client);
    const after = serve(store, host);
    after.to("room").emit("missed too");
    const back = await enter(after, { pid });
    assert.equal(back.socket.id, socket.id);
    assert.deepEqual(back.socket.data, { value: { deep: [1] } });
    assert.deepEqual([...back.socket.rooms].sort(), [socket.id, "room"].sort());
    assert.deepEqual(back.heard.events, [["missed"], ["missed too"]]);
    assert.equal((await enter(after, { pid: gone.pid })).socket.recovered, true);
  });

  test("is empty once nobody is there or can come back, also where the namespace is not there any more", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const io = serve(store, host);
    const { client } = await enter(io);
    io.emit("news");
    await host.settle();
    assert.notEqual(store.values.size, 0);
    await cut(io, client);
    await host.advance(120_001);
    assert.deepEqual([...store.values.keys()], []);
    io.of("/elsewhere");
    const other = await connect(io);
    await other.say("0/elsewhere,");
    await host.settle();
    assert.notEqual(store.values.size, 0);
    host.stall(200_000);
    serve(store, host);
    assert.deepEqual([...store.values.keys()], []);
  });

  test("is empty in time also where nobody comes to a dynamic namespace any more, and the object does not start again", async () => {
    const [store, host] = [new MapStore(), Object.assign(new MemoryHost(), { sleeps: true })];
    const limits = { maxRecoveryPackets: 1 };
    const before = serve(store, host, { limits, pingInterval: 1e9 });
    before.of(/^\/dynamic/);
    const client = await connect(before);
    await client.say("0/dynamic,");
    for (const event of ["lost", "lost too", "kept"]) before.of("/dynamic").emit(event);
    await host.settle();
    host.forgetAlarm();
    const after = serve(store, host, { limits });
    after.of(/^\/dynamic/);
    await after.restore([]);
    await host.advance(119_000);
    assert.notEqual(store.values.size, 0);
    await host.advance(1001);
    assert.deepEqual([...store.values.keys()], []);
  });

  test("is not written to where nothing has changed", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const io = serve(store, host);
    const { client, socket } = await enter(io);
    socket.data = { name: "Ada" };
    socket.on("nothing", () => {});
    await client.say('2["nothing"]');
    const writes = store.writes;
    for (let i = 0; i < 10; i++) await client.say('2["nothing"]');
    assert.equal(store.writes, writes);
    io.emit("news");
    assert.equal(store.writes, writes + 1);
  });

  test("does not tell of what was lost to rooms that nobody was in, and to sockets that are gone", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const io = serve(store, host, { limits: { maxRecoveryPackets: 2 } });
    const { socket: stays } = await enter(io);
    await stays.join("room");
    for (let count = 0; count < 20; count++) {
      io.to(`nobody ${count}`).emit("event");
      io.to("room").except(`nobody ${count}`).emit("event");
      const { socket } = await enter(io);
      await socket.join(`own ${count}`);
      io.to(`own ${count}`).emit("event");
      socket.emit("event");
      socket.disconnect();
    }
    const lost = [...store.values.keys()].filter((key) => key.includes(":lost:"));
    assert.deepEqual(lost, ['omnisocket:recovery:"/":lost:room:room']);
    assert.ok(!JSON.stringify([...store.values]).includes("nobody 0"));
  });

  test("knows how far the events were counted, also where none of them was kept and nobody missed any", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const limits = { maxRecoveryBytes: 0 };
    const io = serve(store, host, { limits });
    const { client, pid } = await enter(io);
    for (let count = 0; count < 3; count++) io.to("nobody").emit("event");
    io.volatile.emit("tells the offset");
    const { offset } = hear(client);
    assert.match(offset!, /\.3$/);
    assert.equal((await enter(serve(store, host, { limits }), { pid, offset })).socket.recovered, true);
  });

  test("that cannot be read is reported, and recovery goes on in memory", async () => {
    class Unreadable extends MapStore {
      override *list(): Iterable<[string, unknown]> {
        yield ["omnisocket:recovery:", null];
        throw new Error("unreadable");
      }
    }
    class Silent extends MapStore {
      override list(): never {
        throw new Error("unreadable");
      }
    }
    for (const store of [new Unreadable(), new Silent()]) {
      const host = new MemoryHost();
      const io = serve(store, host);
      io.of("/another");
      assert.ok(host.reports.length > 0);
      assert.ok(host.reports.every(({ message }) => message === "A handler failed (recovery store)"));
      const { client, pid } = await enter(io);
      await cut(io, client);
      assert.equal((await enter(io, { pid })).socket.recovered, true);
    }
  });

  test("that fails is reported, and what it does not have is not given back as if it had", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const io = serve(store, host);
    const faults = faultsOf(io);
    const { pid } = await enter(io);
    await host.settle();
    store.fails = true;
    io.emit("not stored");
    store.fails = false;
    io.emit("stored");
    await host.settle();
    assert.deepEqual(new Set(faults), new Set(["recovery store: full"]));
    assert.equal((await enter(serve(store, host), { pid })).socket.recovered, false);
  });

  test("knows that somebody is there again who came back after a long time in which nobody was", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const before = serve(store, host, { pingInterval: 1e9 });
    const { client, pid } = await enter(before);
    await cut(before, client);
    await host.advance(119_000);
    await enter(before, { pid });
    host.forgetAlarm();
    const after = serve(store, host);
    await host.advance(30_000);
    assert.equal((await enter(after, { pid })).socket.recovered, true);
  });

  test("knows when the process went in which a client was last, whatever processes came after", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    let io = serve(store, host, { pingInterval: 1e9 });
    const { pid } = await enter(io);
    const other = await enter(io);
    for (let times = 0; times < 2; times++) {
      host.forgetAlarm();
      io = serve(store, host, { pingInterval: 1e9 });
      assert.equal((await enter(io, { pid: other.pid })).socket.recovered, true);
      await host.advance(60_001);
    }
    assert.equal((await enter(io, { pid })).socket.recovered, false);
  });

  test("knows that a stay was over before what was lost of its room later", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const limits = { maxRecoveryPackets: 2 };
    const before = serve(store, host, { limits });
    const { client, pid, socket } = await enter(before);
    const other = await enter(before);
    await other.socket.join("room");
    await socket.join("room");
    before.to("room").emit("one");
    await host.settle();
    const { offset } = hear(client);
    await socket.leave("room");
    await host.settle();
    for (const event of ["two", "three", "four"]) before.to("room").emit(event);
    assert.equal((await enter(serve(store, host, { limits }), { pid, offset })).socket.recovered, true);
  });

  test("gives a client its socket also where the platform lists its new connection first after a sleep", async () => {
    const [store, host] = [new MapStore(), new MemoryHost()];
    const before = serve(store, host);
    const { pid, socket } = await enter(before);
    await connect(before);
    const snapshots = [...before.engine.sessions.values()].map((session) => structuredClone(before.snapshot(session)!));
    const awake = serve(store, host);
    const frames: unknown[] = [];
    const ws = { bufferedAmount: 0, send: (data: unknown) => void frames.push(data), close: () => {}, terminate: () => {} };
    const [handler] = await awake.restore(snapshots.toReversed().map((snapshot) => ({ snapshot, ws })));
    handler!.message(`40${JSON.stringify({ pid })}`);
    await host.settle();
    assert.match(String(frames.at(-1)), new RegExp(`^40{"sid":"${socket.id}"`));
    // Who comes now comes later than all of them.
    const next = await enter(awake, { pid });
    assert.equal(next.socket.id, socket.id);
  });
});
