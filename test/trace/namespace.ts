/** NSP rows: middlewares, the order of connecting, dynamic namespaces. */
import { EventEmitter } from "node:events";
import type { Namespace, Socket } from "socket.io";
import { next, section, type Stage, type Stand } from "./stage.ts";

export const namespaceSections = [
  section("NSP-1: members", async (stage) => {
    const stand = await stage.serve();
    const chat = stand.io.of("/chat");
    stage.print("before", chat.name, chat.sockets, chat.server === stand.io, typeof chat.adapter);
    const alice = await stand.join("alice", { namespace: "/chat" });
    stage.print("after", chat.sockets, chat.sockets.get(alice.socket.id) === alice.socket);
    alice.send("41/chat,");
    await next(alice.socket, "disconnect");
    stage.print("gone", chat.sockets);
  }),

  section("NSP-2: what a middleware sees", async (stage) => {
    const stand = await stage.serve();
    const order = (n: number) => (socket: Socket, done: () => void) => {
      const inMap = socket.nsp.sockets.has(socket.id);
      stage.print(`middleware ${n}`, socket.connected, socket.disconnected, inMap, socket.handshake.auth, socket.rooms);
      setImmediate(done);
    };
    stand.io.use(order(1));
    stand.io.use((socket, done) => {
      void socket.join("early");
      stage.print("emit", socket.emit("before CONNECT"));
      done();
    });
    stand.io.use(order(3));
    stand.io.on("connection", (socket) => stage.print("connection", socket.connected, socket.rooms));
    const alice = await stand.open("alice");
    const connected = next(stand.io, "connection");
    alice.send('40{"token":"t"}');
    await connected;
    await alice.show(2);
  }),

  section("NSP-2: refusals", async (stage) => {
    const stand = await stage.serve();
    const refusal = Object.assign(new Error("not today"), { data: { code: 42, hint: ["later"] } });
    stand.io.of("/plain").use((_socket, done) => done(new Error("plain")));
    stand.io.of("/data").use((socket, done) => {
      void socket.join("undone");
      socket.on("disconnect", () => stage.print("must not be heard"));
      done(refusal);
    });
    stand.io.of("/data").use(() => stage.print("must not run"));
    stand.io.of("/data").on("connection", () => stage.print("must not connect"));
    const alice = await stand.open("alice");
    for (const name of ["/plain", "/data"]) {
      alice.send(`40${name},`);
      await alice.show();
    }
    stage.print("rooms", stand.io.of("/data").adapter.rooms, stand.io.of("/data").adapter.sids);
  }),

  section("NSP-2: the client leaves meanwhile", async (stage) => {
    const stand = await stage.serve();
    const arrived = new Promise<[Socket, () => void]>((resolve) => {
      stand.io.use((socket, done) => resolve([socket, done]));
    });
    stand.io.on("connection", () => stage.print("must not connect"));
    const alice = await stand.open("alice");
    alice.send("40");
    const [socket, done] = await arrived;
    socket.on("disconnect", () => stage.print("must not be heard"));
    void socket.join("room");
    alice.drop();
    await next(socket.conn, "close");
    done();
    await new Promise(setImmediate);
    stage.print("left behind", stand.io.sockets.sockets, socket.connected, socket.rooms);
  }),

  section("NSP-2: a second CONNECT while the first is pending", async (stage) => {
    const stand = await stage.serve();
    const pending: (() => void)[] = [];
    const asked = new EventEmitter();
    stand.io.use((_socket, done) => {
      stage.print("middleware");
      pending.push(done);
      asked.emit("asked");
    });
    stand.io.of("/marker");
    const alice = await stand.open("alice");
    const first = next(asked, "asked");
    alice.send("40");
    alice.send("40");
    await first;
    alice.send("40/marker,");
    await alice.show();
    for (const done of pending) done();
    await alice.show();
    stage.print("sockets", stand.io.sockets.sockets.size);
  }),

  section("NSP-2: once for each join", async (stage) => {
    const stand = await stage.serve();
    stand.io.use((socket, done) => {
      stage.print("middleware", socket.id);
      done();
    });
    const alice = await stand.join("alice");
    alice.send("41");
    await next(alice.socket, "disconnect");
    alice.send("40");
    await alice.show();
  }),

  section("NSP-3: the emit family, scoped", async (stage) => {
    const stand = await stage.serve();
    const chat = stand.io.of("/chat");
    stage.name(chat, "chat");
    const alice = await stand.join("alice", { namespace: "/chat" });
    const bob = await stand.join("bob");
    void alice.socket.join("red");
    stage.print("emit", chat.emit("all", 1));
    stage.print("send", chat.send("sent"));
    stage.print("write", chat.write("written"));
    stage.print("to", chat.to("red").emit("to red"));
    stage.print("in", chat.in("red").emit("in red"));
    stage.print("except", chat.except("red").emit("except red"));
    stage.print("compress", chat.compress(true).emit("compressed"));
    stage.print("local", chat.local.emit("local"));
    stage.print("binary", chat.emit("bytes", Buffer.from([1]), { deep: [new Uint8Array([2])] }));
    stage.print("serverSideEmit", chat.serverSideEmit("hello"));
    stage.print("fetchSockets", (await chat.fetchSockets()).length, (await chat.in("red").fetchSockets()).length);
    chat.emit("end");
    stand.io.emit("end");
    await alice.showUntil('42/chat,["end"]');
    await bob.showUntil('42["end"]');
    const answers = chat.timeout(1000).emitWithAck("question");
    await alice.answer("[1]");
    stage.print("answers", await answers);
    stage.print("use", chat.use((_socket, done) => done()));
  }),

  section("NSP-4: order of connecting", async (stage) => {
    const stand = await stage.serve();
    stand.io.on("connection", (socket) => {
      stage.print("connection", stand.io.sockets.sockets.has(socket.id), socket.rooms);
      socket.emit("from connection");
    });
    stand.io.on("connect", (socket) => {
      stage.print("connect", stand.io.sockets.sockets.has(socket.id), socket.rooms);
      socket.emit("from connect");
    });
    const alice = await stand.open("alice");
    alice.send("40");
    await alice.show(3);
  }),

  section("NSP-6: what a child takes from its parent", async (stage) => {
    const stand = await stage.serve();
    const parent = stand.io.of(/^\/room-\d$/);
    const middleware = (label: string) => (_socket: Socket, done: () => void) => {
      stage.print(`middleware ${label}`);
      done();
    };
    parent.use(middleware("early"));
    parent.on("connection", () => stage.print("connection early"));
    await stand.join("alice", { namespace: "/room-1" });
    parent.use(middleware("late"));
    parent.on("connection", () => stage.print("connection late"));
    stage.print("same child");
    await stand.join("bob", { namespace: "/room-1" });
    stage.print("new child");
    await stand.join("carol", { namespace: "/room-2" });
  }),

  section("NSP-6: exact names beat dynamic ones", async (stage) => {
    const stand = await stage.serve();
    stand.io.of("/room-1").on("connection", () => stage.print("exact"));
    stand.io.of(/^\/room-\d$/).on("connection", () => stage.print("dynamic"));
    await stand.join("alice", { namespace: "/room-1" });
    await stand.join("bob", { namespace: "/room-2" });
  }),

  section("NSP-7/8: a parent emits to all children", async (stage) => {
    const stand = await stage.serve();
    const parent = stand.io.of(/^\/room-\d$/);
    const alice = await stand.join("alice", { namespace: "/room-1" });
    const bob = await stand.join("bob", { namespace: "/room-2" });
    void bob.socket.join("red");
    stage.print("emit", parent.emit("all", 1));
    stage.print("to", parent.to("red").emit("to red"));
    stage.print("except", parent.except("red").emit("except red"));
    parent.emit("end");
    await alice.showUntil('42/room-1,["end"]');
    await bob.showUntil('42/room-2,["end"]');
    await fetchFrom(stage, parent);
  }),

  section("NSP-10: cleanupEmptyChildNamespaces", async (stage) => {
    const stand = await stage.serve({ cleanupEmptyChildNamespaces: true });
    stand.io.on("new_namespace", ({ name }) => stage.print("new_namespace", name));
    const parent = stand.io.of(/^\/room-\d$/);
    parent.use((socket, done) => done(socket.handshake.auth.refuse ? new Error("no") : undefined));
    await leaveAndJoin(stage, stand);
    const bob = await stand.open("bob");
    for (const auth of ['{"refuse":true}', '{"refuse":true}', ""]) {
      bob.send(`40/room-2,${auth}`);
      await bob.show();
    }
  }),

  section("NSP-10: a child that another client is in stays", async (stage) => {
    const stand = await stage.serve({ cleanupEmptyChildNamespaces: true });
    stand.io.on("new_namespace", ({ name }) => stage.print("new_namespace", name));
    stand.io.of(/^\/room-\d$/);
    await stand.join("bob", { namespace: "/room-1" });
    await leaveAndJoin(stage, stand);
  }),

  section("NSP-10: children stay by default", async (stage) => {
    const stand = await stage.serve();
    stand.io.on("new_namespace", ({ name }) => stage.print("new_namespace", name));
    stand.io.of(/^\/room-\d$/);
    await leaveAndJoin(stage, stand);
  }),
];

/** Whether the refusal is thrown or a rejection is the library's choice. */
async function fetchFrom(stage: Stage, parent: Namespace): Promise<void> {
  try {
    await parent.fetchSockets();
    stage.print("fetchSockets answers");
  } catch {
    stage.print("fetchSockets fails");
  }
}

/** A child that is made anew announces itself a second time. */
async function leaveAndJoin(stage: Stage, stand: Stand): Promise<void> {
  const alice = await stand.join("alice", { namespace: "/room-1" });
  alice.send("41/room-1,");
  await next(alice.socket, "disconnect");
  await new Promise(setImmediate);
  stage.print("alice has left");
  alice.send("40/room-1,");
  await alice.show();
}
