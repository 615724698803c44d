/** SRV rows: construction, namespaces, the emit family, closing. */
import { EventEmitter } from "node:events";
import type { Server, Socket } from "socket.io";
import { fakeConnection } from "./fake-connection.ts";
import { next, section } from "./stage.ts";

export const serverSections = [
  section("SRV-1: exports", async ({ library, print }) => {
    for (const name of ["Server", "Namespace", "Socket"] as const) print(name, typeof library[name]);
  }),

  section("SRV-3: constructor forms", async (stage) => {
    const { Server } = stage.library;
    const http = await stage.listen();
    const forms: Record<string, () => Server> = {
      "()": () => new Server(),
      "(options)": () => new Server({ path: "/one" }),
      "(httpServer)": () => new Server(http),
      "(httpServer, options)": () => new Server(http, { path: "/two" }),
      "(port, options)": () => new Server(0, { path: "/three" }),
    };
    for (const [form, create] of Object.entries(forms)) {
      const io = stage.keep(create());
      stage.print(form, io.path(), io.sockets.name, io instanceof Server);
    }
  }),

  section("SRV-4: attach()", async (stage) => {
    const { Server } = stage.library;
    const io = stage.keep(new Server({ path: "/from-constructor" }));
    stage.name(io, "io");
    const http = await stage.listen();
    stage.attempt("attach(httpServer, options)", () => io.attach(http, { path: "/from-attach" }));
    stage.print("path", io.path());
    stage.attempt("attach(function)", () => new Server().attach((() => {}) as never));
    const byPort = stage.keep(new Server());
    stage.name(byPort, "byPort");
    stage.attempt('attach("0")', () => byPort.attach("0" as never));
  }),

  section("SRV-5: listen(), close(), listen()", async (stage) => {
    const io = stage.keep(new stage.library.Server());
    stage.name(io, "io");
    stage.print("listen", io.listen(await stage.listen()));
    await io.close();
    stage.print("listen again", io.listen(await stage.listen()));
    stage.print("clients", io.engine.clientsCount);
  }),

  section("SRV-7/8: bind(), onconnection()", async (stage) => {
    const io = stage.keep(new stage.library.Server());
    stage.name(io, "io");
    const engine = new EventEmitter();
    stage.print("bind", io.bind(engine));
    io.on("connection", (arrived) => {
      stage.print("connection", arrived.id, arrived.conn["id"], arrived.handshake.address, arrived.handshake.query);
      arrived.on("hello", (...args) => {
        stage.print("hello", ...args);
        arrived.emit("bye", Buffer.from([1, 2]));
      });
      arrived.on("disconnect", (reason) => stage.print("disconnect", reason));
    });

    const bound = fakeConnection("bound", stage.print);
    engine.emit("connection", bound);
    const connected = next(io, "connection");
    bound.emit("data", "0");
    const [socket] = (await connected) as [Socket];
    const heard = next(socket, "hello");
    bound.emit("data", '2["hello",1]');
    await heard;
    bound.emit("close", "transport close");

    const handed = fakeConnection("handed", stage.print);
    stage.print("onconnection", io["onconnection"](handed));
    const connectedToo = next(io, "connection");
    handed.emit("data", "0");
    await connectedToo;
  }),

  section("SRV-9: of() with a name", async (stage) => {
    const { io } = await stage.serve();
    io.on("new_namespace", (namespace) => stage.print("new_namespace", namespace.name));
    const chat = io.of("chat");
    stage.print("name", chat.name, io.of("/chat") === chat, io.of("") === io.of("/"), io.of("/") === io.sockets);
  }),

  section("SRV-9: of() with a listener", async (stage) => {
    const stand = await stage.serve();
    stand.io.of("/chat", (socket) => stage.print("first", socket.nsp.name));
    stand.io.of("/chat", (socket) => stage.print("second", socket.nsp.name));
    await stand.join("alice", { namespace: "/chat" });
  }),

  section("SRV-9: of() with a RegExp", async (stage) => {
    const stand = await stage.serve();
    stand.io.on("new_namespace", (namespace) => stage.print("new_namespace", namespace.name));
    stand.io.of(/^\/room-\d+$/).on("connection", (socket) => stage.print("connection", socket.nsp.name));
    await stand.join("alice", { namespace: "/room-1" });
    const bob = await stand.open("bob");
    bob.send("40/room-x,");
    await bob.show();
  }),

  section("SRV-9: of() with a RegExp that keeps state", async (stage) => {
    const { io } = await stage.serve();
    stage.attempt("g", () => void io.of(/^\/x$/g));
    stage.attempt("y", () => void io.of(/^\/x$/y));
  }),

  section("SRV-9: of() with a name that a dynamic namespace matches", async (stage) => {
    const stand = await stage.serve();
    stand.io.of(/^\/room-\d+$/).on("connection", () => stage.print("listener of the parent"));
    stand.io.of("/room-1", () => stage.print("listener given to of()"));
    await stand.join("alice", { namespace: "/room-1" });
  }),

  section("SRV-10: of() with a function", async (stage) => {
    const stand = await stage.serve();
    stand.io.of((name, auth, done) => {
      stage.print("first matcher", name, auth);
      done(name === "/error" ? new Error("no") : null, false);
    });
    stand.io.of((name, auth, done) => {
      stage.print("second matcher", name, auth);
      setImmediate(() => done(null, name !== "/nowhere"));
    });
    stand.io.of((name, auth, done) => {
      stage.print("third matcher", name, auth);
      done(null, false);
    });
    stand.io.on("new_namespace", (namespace) => stage.print("new_namespace", namespace.name));
    const alice = await stand.open("alice");
    for (const packet of ['40/yes,{"token":"t"}', "40/error,", "40/nowhere,"]) {
      alice.send(packet);
      await alice.show();
    }
  }),

  section("SRV-10: a name that two clients wait for", async (stage) => {
    const stand = await stage.serve();
    const asked = new EventEmitter();
    const decisions: (() => void)[] = [];
    stand.io.of((_name, _auth, done) => {
      decisions.push(() => done(null, true));
      asked.emit("asked");
    });
    stand.io.on("new_namespace", (namespace) => stage.print("new_namespace", namespace.name));
    const alice = await stand.open("alice");
    const bob = await stand.open("bob");
    for (const client of [alice, bob]) {
      client.send("40/late,");
      await next(asked, "asked");
    }
    for (const decide of decisions) decide();
    await alice.show();
    await bob.show();
    stage.print("sockets", stand.io.of("/late").sockets.size);
  }),

  section("SRV-11..15: the emit family", async (stage) => {
    const stand = await stage.serve();
    const { io } = stand;
    const alice = await stand.join("alice");
    const bob = await stand.join("bob");
    void bob.socket.join("red");
    stage.print("emit", io.emit("all", 1, "two", { three: 3 }));
    stage.print("send", io.send("sent", 2));
    stage.print("write", io.write("written"));
    stage.print("to", io.to("red").emit("to red"));
    stage.print("in", io.in("red").emit("in red"));
    stage.print("except", io.except("red").emit("except red"));
    stage.print("compress", io.compress(false).emit("uncompressed"));
    stage.print("local", io.local.emit("local"));
    stage.print("timeout", io.timeout(1000).emit("timeout"));
    io.emit("end");
    await alice.showUntil('42["end"]');
    await bob.showUntil('42["end"]');
    stage.print("volatile", io.volatile.emit("volatile"));
    await alice.show();
    await bob.show();
  }),

  section("SRV-11..15: sockets from afar", async (stage) => {
    const stand = await stage.serve();
    const { io } = stand;
    const alice = await stand.join("alice");
    const bob = await stand.join("bob");
    stage.print("socketsJoin", io.socketsJoin("all"));
    stage.print("in().socketsJoin", io.in(alice.socket.id).socketsJoin(["a", "b"]));
    stage.print("in().socketsLeave", io.in(alice.socket.id).socketsLeave("b"));
    stage.print("rooms", alice.socket.rooms, bob.socket.rooms);
    stage.print("fetchSockets", (await io.fetchSockets()).map((socket) => socket.id));
    stage.print("in().fetchSockets", (await io.in("a").fetchSockets()).map((socket) => socket.id));
    stage.print("allSockets", await io.allSockets());
    alice.socket.on("disconnect", (reason) => stage.print("alice disconnect", reason));
    bob.socket.on("disconnect", (reason) => stage.print("bob disconnect", reason));
    stage.print("in().disconnectSockets", io.in("a").disconnectSockets());
    stage.print("disconnectSockets(true)", io.disconnectSockets(true));
    await alice.show();
    await bob.show(2);
  }),

  section("SRV-11..15: use()", async (stage) => {
    const stand = await stage.serve();
    const returned = stand.io.use((socket, done) => {
      stage.print("middleware", socket.nsp.name);
      done();
    });
    stage.print("use", returned);
    await stand.join("alice");
  }),

  section("SRV-16: serverSideEmit()", async (stage) => {
    const { io } = await stage.serve();
    io.on("hello" as never, stage.printer("must not be heard"));
    stage.attempt("serverSideEmit", () => io.serverSideEmit("hello", 1));
    for (const name of ["connect", "connection", "new_namespace"]) stage.attempt(name, () => io.serverSideEmit(name));
  }),

  section("SRV-17/18: emitWithAck()", async (stage) => {
    const stand = await stage.serve();
    stage.print("nobody there", await stand.io.timeout(1000).emitWithAck("question"));
    const alice = await stand.join("alice");
    const answers = stand.io.timeout(1000).emitWithAck("question", 1);
    await alice.answer("[7,8]");
    stage.print("answers", await answers);
    stage.print("io.emitWithAck", typeof (stand.io as { emitWithAck?: unknown }).emitWithAck);
  }),

  section("SRV-17/18: emitWithAck() that one of two answers", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const bob = await stand.join("bob");
    const answers = stand.io.timeout(1500).emitWithAck("question");
    await bob.answer("[2]");
    await answers.catch((error) => stage.print("rejected", error, error.responses));
    await alice.show();
  }),

  section("SRV-19: close()", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const chatSocket = await stand.enter(alice, { namespace: stand.io.of("/chat").name });
    chatSocket.on("disconnecting", (reason) => stage.print("chat disconnecting", reason));
    chatSocket.on("disconnect", (reason) => stage.print("chat disconnect", reason));
    const closed = stand.io.close((...args) => stage.print("callback", ...args));
    stage.print("returns a promise", typeof closed.then);
    await closed;
    await alice.show();
    stage.print("listening", stand.http.listening);
    stage.print("clients", stand.io.engine.clientsCount, stand.io.of("/").sockets.size);
  }),

  section("SRV-19: close() with nothing attached", async (stage) => {
    const io = new stage.library.Server();
    await io.close().then(() => stage.print("resolved"), () => stage.print("rejected"));
  }),

  section("SRV-20: getters and setters", async (stage) => {
    const io = stage.keep(new stage.library.Server());
    stage.name(io, "io");
    stage.print("path", io.path());
    stage.print("path(/x/)", io.path("/x/"));
    stage.print("path", io.path());
    stage.print("serveClient", io.serveClient());
    stage.print("serveClient(false)", io.serveClient(false));
    stage.print("serveClient", io.serveClient());
    stage.print("connectTimeout", io.connectTimeout());
    stage.print("connectTimeout(1)", io.connectTimeout(1));
    stage.print("connectTimeout", io.connectTimeout());
  }),

  section("SRV-20: adapter(x) gives every namespace a new adapter", async (stage) => {
    const { io } = await stage.serve();
    const chat = io.of("/chat");
    const InMemory = chat.adapter.constructor as new (namespace: unknown) => typeof chat.adapter;
    class Traced extends InMemory {}
    stage.print("adapter(x)", io.adapter(Traced as never));
    stage.print("adapter", io.adapter() === (Traced as unknown));
    stage.print("namespaces", io.of("/").adapter instanceof Traced, chat.adapter instanceof Traced);
    stage.print("new namespace", io.of("/new").adapter instanceof Traced);
  }),

  section("SRV-21/22: members", async (stage) => {
    const { io, http } = await stage.serve();
    stage.print("sockets", io.sockets === io.of("/"));
    stage.print("engine", io.engine.clientsCount, (io as unknown as { eio: unknown }).eio === io.engine);
    stage.print("httpServer", io.httpServer === http);
    stage.print("encoder", typeof io.encoder.encode);
    stage.print("encode", io.encoder.encode({ type: 2, nsp: "/", data: ["a", 1] }));
    stage.print("opts", typeof (io as unknown as { opts: unknown }).opts);
  }),

  section("SRV-21/22: the list of namespaces", async (stage) => {
    const { io } = await stage.serve();
    io.of("/chat");
    io.of(/^\/dynamic/);
    stage.print("_nsps", io._nsps instanceof Map, [...io._nsps.keys()], io._nsps.get("/") === io.sockets);
  }),

  section("SRV-23: emitter surface", async (stage) => {
    const stand = await stage.serve();
    const { io } = stand;
    const first = () => stage.print("first");
    const second = () => stage.print("second");
    stage.print("on", io.on("connection", second));
    stage.print("prependListener", io.prependListener("connection", first));
    stage.print("once", io.once("connection", () => stage.print("once")));
    stage.print("prependOnceListener", io.prependOnceListener("connection", () => stage.print("prepended once")));
    stage.print("addListener", io.addListener("connection", () => stage.print("added")));
    stage.print("eventNames", io.eventNames(), io.sockets.eventNames());
    stage.print("counts", io.listenerCount("connection"), io.listeners("connection").length, io.rawListeners("connection").length);
    stage.print("listeners", io.listeners("connection")[1] === first);
    await stand.join("alice");
    stage.print("off", io.off("connection", first));
    stage.print("removeListener", io.removeListener("connection", second));
    await stand.join("bob");
    stage.print("removeAllListeners", io.removeAllListeners("connection"), io.listenerCount("connection"));
  }),

  section("SRV-24: events", async (stage) => {
    const stand = await stage.serve();
    stand.io.on("connection", (socket) => stage.print("connection", socket.connected));
    stand.io.on("connect", (socket) => stage.print("connect", socket.connected));
    stand.io.on("new_namespace", (namespace) => stage.print("new_namespace", namespace.name));
    stand.io.of("/chat");
    await stand.join("alice");
  }),
];
