import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Adapter, type LocalSockets, type ServerOptions, type Socket } from "../../src/index.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { assertTidy, connect, faultsOf, join, recorder } from "./client.ts";

const refusal = (message: string, data?: unknown): string => `4${JSON.stringify({ message, data })}`;

describe("CONNECT", () => {
  test("is answered with an id of 20 characters that is not the session's (W-3, SOK-1)", async () => {
    const io = new MemoryServer();
    const client = await connect(io);
    await client.say("0");
    const [answer] = client.take() as string[];
    const [socket] = io.sockets.sockets.values();
    assert.equal(answer, `0{"sid":"${socket?.id}"}`);
    assert.match(socket!.id, /^[\w-]{20}$/);
    assert.notEqual(socket!.id, client.open.sid);
  });

  test("writes the answer, registers the socket, then emits connect and connection (NSP-4, SRV-24)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const client = await connect(io);
    const look = (name: string) => (socket: Socket) => {
      hear(name)(client.take().length, io.sockets.sockets.has(socket.id), socket.connected, socket.rooms.has(socket.id));
    };
    io.on("connection", look("connection"));
    io.on("connect", look("connect"));
    await client.say("0");
    assert.deepEqual(heard, [["connect", 1, true, true, true], ["connection", 0, true, true, true]]);
  });

  test("reaches namespaces by their own names", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of("admin", hear("admin"));
    const client = await connect(io);
    const id = await client.join("/admin");
    assert.equal(heard.length, 1);
    assert.deepEqual([...io.of("/admin").sockets.keys()], [id]);
    assert.equal(io.of("/").sockets.size, 0);
  });

  test("brings auth, which each namespace gets for itself (SOK-3)", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const client = await connect(io);
    await client.join("/", { token: "a" });
    await client.join("/admin", { token: "b" });
    assert.deepEqual([...io.sockets.sockets.values()][0]?.handshake.auth, { token: "a" });
    assert.deepEqual([...io.of("/admin").sockets.values()][0]?.handshake.auth, { token: "b" });
    assert.deepEqual((await join(io)).socket.handshake.auth, {});
  });

  test("gives up on the connection when the namespace is joined already (S01)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const { client, socket } = await join(io);
    socket.on("disconnect", hear("disconnect"));
    await client.say("0");
    assert.deepEqual(heard, [["disconnect", "forced close"]]);
    assert.deepEqual(client.take(), []);
    assert.ok(client.isClosed);
  });

  test("is taken once when it is sent five times in one turn (S02)", async () => {
    const io = new MemoryServer();
    const client = await connect(io);
    await client.say("0", "0", "0", "0", "0");
    assert.equal(client.take().length, 1);
    assert.equal(io.sockets.sockets.size, 1);
    assert.ok(!client.isClosed);
  });

  test("is ignored while a middleware thinks about the first one (S02)", async () => {
    const io = new MemoryServer();
    let letIn = (): void => {};
    let asked = 0;
    io.use((_socket, next) => {
      asked += 1;
      letIn = next;
    });
    const client = await connect(io);
    await client.say("0");
    await client.say("0", "0");
    letIn();
    await io.host.settle();
    assert.deepEqual([asked, client.take().length, io.sockets.sockets.size], [1, 1, 1]);
  });

  test("announces nobody who is lost while the answer is written (G7)", async () => {
    const io = new MemoryServer({ limits: { maxBufferedBytes: 100 } });
    const { heard, hear } = recorder();
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    client.ws.bufferedAmount = 1000;
    await client.say("0");
    assert.ok(client.isClosed);
    assert.deepEqual(heard, []);
    assertTidy(io.sockets);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("makes a new socket after DISCONNECT (S47)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    await client.say("1", "0");
    const [again] = io.sockets.sockets.values();
    assert.ok(socket.disconnected);
    assert.ok(again?.connected);
    assert.notEqual(again.id, socket.id);
    assert.deepEqual(client.take(), [`0{"sid":"${again.id}"}`]);
    assertTidy(io.sockets);
  });

  test("does not take an event before it has let the client in (P13, S03)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.on("connection", hear("connection"));
    for (const early of ['2["a"]', "1", "31[]"]) {
      const client = await connect(io);
      await client.say("0", early);
      assert.ok(client.isClosed, early);
    }
    assert.deepEqual(heard, []);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("of an unknown namespace is refused, and the connection stays (S05)", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const client = await connect(io);
    for (const name of ["//admin", "/ADMIN", "/__proto__", "/admin?x=1", "/constructor"]) {
      await client.say(`0${name},`);
      assert.deepEqual(client.take(), [`4${name},{"message":"Invalid namespace"}`]);
    }
    assert.ok(!client.isClosed);
    await client.join("/admin");
  });
});

describe("auth of all namespaces of a connection (G9)", () => {
  /** A CONNECT of this many bytes. */
  const big = (name: string, bytes: number): string => `0/${name},{"a":"${"x".repeat(bytes - name.length - 11)}"}`;
  const refused = (name: string): string => `4/${name},{"message":"Too much auth"}`;

  function serve(options: ServerOptions = {}): MemoryServer {
    const io = new MemoryServer({ limits: { maxAuthBytes: 5000 }, ...options });
    for (const name of ["a", "b", "c", "d"]) io.of(name);
    return io;
  }

  test("may be as large as maxAuthBytes together, and no larger", async () => {
    const io = serve();
    const client = await connect(io);
    await client.say(big("a", 2000), big("b", 3000));
    assert.equal(client.take().filter((packet) => String(packet).startsWith("0")).length, 2);
    await client.say(big("c", 1000));
    assert.deepEqual(client.take(), [refused("c")]);
    assert.deepEqual([io.metrics().limits, client.isClosed], [{ maxAuthBytes: 1 }, false]);
    await client.join("/c", { token: "small" });
  });

  test("counts while middlewares decide", async () => {
    const io = serve();
    io.of("a").use(() => {});
    const client = await connect(io);
    await client.say(big("a", 2001), big("b", 3000));
    assert.deepEqual(client.take(), [refused("b")]);
  });

  test("counts no more once its socket has left, or was refused", async () => {
    const io = serve();
    io.of("a").use((_socket, next) => next(new Error("no")));
    const client = await connect(io);
    for (const name of ["a", "b"]) await client.say(big(name, 4000));
    await client.say("1/b,", big("c", 4000));
    client.take();
    await client.say(big("d", 4000));
    assert.deepEqual(client.take(), [refused("d")]);
    io.of("c").disconnectSockets();
    client.take();
    await client.say(big("d", 4000));
    assert.match(String(client.take()[0]), /^0\/d,/);
  });

  test("counts after a sleep", async () => {
    const io = serve();
    const client = await connect(io);
    await client.say(big("a", 4000));
    const snapshot = structuredClone(io.snapshot([...io.engine.sessions.values()][0]!));
    const awake = serve();
    const frames: unknown[] = [];
    const ws = { bufferedAmount: 0, send: (data: unknown) => void frames.push(data), close: () => {}, terminate: () => {} };
    const [handler] = await awake.restore([{ snapshot: snapshot!, ws }]);
    for (const bytes of [1001, 1000]) {
      handler!.message(`4${big("b", bytes)}`);
      await awake.host.settle();
    }
    assert.deepEqual(frames[0], `4${refused("b")}`);
    assert.match(String(frames[1]), /^40\/b,/);
  });
});

describe("CONNECT where the server itself fails (G32)", () => {
  const error = '4/room-1,{"message":"Internal server error"}';

  /** `broken()` says whether an adapter of a child fails. */
  function serve(broken: () => boolean, options: ServerOptions = {}): MemoryServer {
    class Fragile extends Adapter {
      constructor(nsp: LocalSockets) {
        super(nsp);
        if (nsp.name === "/room-1" && broken()) throw new Error("secret");
      }
    }
    const io = new MemoryServer({ ...options, adapter: Fragile });
    io.of(/^\/room-/);
    return io;
  }

  test("is refused without telling why, and the connection still times out", async () => {
    const io = serve(() => true, { connectTimeout: 1000 });
    const faults = faultsOf(io);
    const client = await connect(io);
    await client.say("0/room-1,");
    assert.deepEqual([client.take(), faults], [[error], ["connect: secret"]]);
    await io.host.advance(999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
  });

  test("may be tried again", async () => {
    let attempts = 0;
    const io = serve(() => (attempts += 1) < 3);
    faultsOf(io);
    const client = await connect(io);
    await client.say("0/room-1,");
    await client.say("0/room-1,");
    assert.deepEqual(client.take(), [error, error]);
    await client.join("/room-1");
  });

  test("leaves nothing behind in the namespace", async () => {
    const io = serve(() => false, { cleanupEmptyChildNamespaces: true });
    const faults = faultsOf(io);
    const client = await connect(io);
    const random = io.host.random.bind(io.host);
    io.host.random = () => {
      throw new Error("secret");
    };
    await client.say("0/room-1,");
    assert.deepEqual([client.take(), faults, io._nsps.has("/room-1")], [[error], ["connect: secret"], false]);
    io.host.random = random;
    await client.join("/room-1");
  });
});

describe("namespace middlewares", () => {
  test("run in the order in which they were added, once per namespace (NSP-2)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.use((_socket, next) => (hear("first")(), next()));
    io.use(async (_socket, next) => {
      await Promise.resolve();
      hear("second")();
      next();
    });
    io.of("/admin").use((_socket, next) => (hear("admin")(), next()));
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    await client.join();
    await client.join("/admin");
    assert.deepEqual(heard, ["first", "second", "connection", "admin"]);
  });

  test("see a socket that is not there yet (NSP-2)", async () => {
    const io = new MemoryServer();
    const seen: unknown[] = [];
    io.use((socket, next) => {
      void socket.join("early");
      seen.push(socket.connected, io.sockets.sockets.has(socket.id), socket.handshake.address, io.sockets.sockets.size);
      socket.data.name = "early bird";
      next();
    });
    const { socket } = await join(io);
    assert.deepEqual(seen, [false, false, "192.0.2.1", 0]);
    assert.deepEqual([...socket.rooms].toSorted(), ["early", socket.id].toSorted());
    assert.equal(socket.data.name, "early bird");
  });

  test("may emit: that is written before the answer (SOK-7/8)", async () => {
    const io = new MemoryServer();
    io.use((socket, next) => (socket.emit("wait", 1), next()));
    const client = await connect(io);
    await client.say("0");
    const [first, second] = client.take();
    assert.equal(first, '2["wait",1]');
    assert.match(second as string, /^0\{"sid":/);
  });

  test("refuse with next(error): the client reads message and data (NSP-2)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.use((_socket, next) => next(Object.assign(new Error("not you"), { data: { code: 7 } })));
    io.use(hear("second"));
    io.on("connection", hear("connection"));
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual(client.take(), [refusal("not you", { code: 7 })]);
    assert.deepEqual(heard, []);
    assert.ok(!client.isClosed);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("refuse in their own namespace only", async () => {
    const io = new MemoryServer();
    io.of("/admin").use((_socket, next) => next(new Error("not you")));
    const { client, socket } = await join(io);
    await client.say("0/admin,");
    assert.deepEqual(client.take(), ['4/admin,{"message":"not you"}']);
    assert.ok(socket.connected);
  });

  test("let in at a second attempt", async () => {
    const io = new MemoryServer();
    let attempts = 0;
    io.use((_socket, next) => next(++attempts === 1 ? new Error("again") : undefined));
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual(client.take(), [refusal("again")]);
    await client.join();
  });

  for (const [how, middleware] of Object.entries({
    "throws": () => {
      throw new Error("secret");
    },
    "rejects": () => Promise.reject(new Error("secret")),
    "rejects later": async () => {
      await Promise.resolve();
      throw new Error("secret");
    },
  })) {
    test(`that ${how} refuses without telling why, and is reported once (NSP-2, G32)`, async () => {
      const io = new MemoryServer();
      const faults = faultsOf(io);
      io.use(middleware);
      const client = await connect(io);
      await client.say("0");
      assert.deepEqual(client.take(), [refusal("Internal server error")]);
      assert.deepEqual(faults, ["middleware: secret"]);
      assert.ok(!client.isClosed);
    });
  }

  test("count once when they call next() twice", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.use((_socket, next) => (next(), next(), next(new Error("too late"))));
    io.use((_socket, next) => (hear("second")(), next()));
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual(heard, ["second", "connection"]);
    assert.equal(client.take().length, 1);
  });

  test("that throw after next() are reported, and let the client in", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    io.use((_socket, next) => {
      next();
      throw new Error("late");
    });
    await join(io);
    assert.deepEqual(faults, ["middleware: late"]);
  });

  test("that never answer are given up after middlewareTimeout, and told through the signal", async () => {
    const io = new MemoryServer({ limits: { middlewareTimeout: 1000 } });
    const { heard, hear } = recorder();
    let answer = (): void => {};
    io.use((socket, next) => {
      answer = next;
      socket.handshake.signal.addEventListener("abort", hear("aborted"));
    });
    io.use((_socket, next) => (hear("second")(), next()));
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    await client.say("0");
    await io.host.advance(999);
    assert.deepEqual(client.take(), []);
    await io.host.advance(1);
    assert.deepEqual(client.take(), [refusal("timeout")]);
    assert.equal(heard.length, 1);
    answer();
    await io.host.settle();
    assert.equal(heard.length, 1, "nobody asks the next middleware about a client that was refused");
    assert.deepEqual(client.take(), []);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("need not care whether the client has left: nothing is announced, and rooms are undone (NSP-2)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    let letIn = (): void => {};
    let seen: Socket | undefined;
    io.use((socket, next) => {
      seen = socket;
      letIn = next;
      void socket.join("early");
      for (const event of ["disconnecting", "disconnect"] as const) socket.on(event, hear(event));
      socket.handshake.signal.addEventListener("abort", () => hear("aborted")());
    });
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    await client.say("0");
    assert.ok(io.sockets.adapter.rooms.has("early"));
    client.ws.close();
    await io.host.settle();
    assert.deepEqual(heard, ["aborted"]);
    letIn();
    await io.host.settle();
    assert.deepEqual(heard, ["aborted"]);
    assert.equal(io.sockets.adapter.rooms.size, 0);
    assert.equal(io.sockets.adapter.sids.size, 0);
    void seen?.join("late");
    assert.equal(io.sockets.adapter.sids.size, 0);
  });

  test("that refuse undo the rooms and lose what was asked (NSP-2, G4)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.use((socket, next) => {
      void socket.join(["early", "bird"]);
      socket.timeout(1000).emit("question", hear("answered"));
      socket.emitWithAck("question").catch((error: Error) => hear("rejected")(error.name));
      next(new Error("no"));
    });
    const client = await connect(io);
    await client.say("0");
    assert.equal(io.sockets.adapter.rooms.size, 0);
    assert.equal(heard.length, 2);
    assert.deepEqual(heard[1], ["rejected", "SocketDisconnectedError"]);
  });

  test("may end the connection", async () => {
    const io = new MemoryServer();
    io.use((socket, next) => (socket.conn.close(), next()));
    const client = await connect(io);
    await client.say("0");
    assert.ok(client.isClosed);
    assert.equal(io.sockets.sockets.size, 0);
    assertTidy(io.sockets);
  });

  test("leave no deadline behind (I19)", async () => {
    const io = new MemoryServer();
    io.use((_socket, next) => next());
    const { client } = await join(io);
    client.ws.close();
    await io.host.advance(30_000);
    assert.equal(io.host.nextWakeUp, undefined);
  });

  test("added later are for clients that come later", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    io.use((_socket, next) => next(new Error("full")));
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual(client.take(), [refusal("full")]);
    assert.ok(socket.connected);
  });

  test("whose data cannot be encoded leave a connection that still times out", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    const faults = faultsOf(io);
    const cyclic: { self?: unknown } = {};
    cyclic.self = cyclic;
    io.use((_socket, next) => next(Object.assign(new Error("no"), { data: cyclic })));
    const client = await connect(io);
    await client.say("0");
    assert.equal(faults.length, 1);
    await io.host.advance(1000);
    assert.ok(client.isClosed);
  });
});

describe("the handshake", () => {
  test("tells how the client came (SOK-3)", async () => {
    const io = new MemoryServer();
    const client = await connect(io, { headers: { "x-token": "abc", origin: "https://app.example" }, secure: true });
    const socket = io.sockets.sockets.get(await client.join("/", { a: 1 }))!;
    const { headers, time, address, xdomain, secure, issued, url, query, auth } = socket.handshake;
    assert.equal(headers["x-token"], "abc");
    assert.equal(new Date(time).getTime(), Math.floor(issued / 1000) * 1000);
    assert.deepEqual([address, xdomain, secure, issued], ["192.0.2.1", true, true, io.host.wallClock()]);
    assert.equal(url, "/socket.io/?EIO=4&transport=websocket");
    assert.deepEqual({ ...query }, { EIO: "4", transport: "websocket" });
    assert.deepEqual(auth, { a: 1 });
    assert.equal(socket.handshake, socket.handshake);
    assert.equal(socket.request, socket.conn.request);
  });

  test("keeps its signal to itself when it is copied", async () => {
    const { socket } = await join(new MemoryServer());
    assert.deepEqual(
      Object.keys({ ...socket.handshake }),
      ["headers", "time", "address", "xdomain", "secure", "issued", "url", "query", "auth"],
    );
    assert.ok(!socket.handshake.signal.aborted);
  });
});

describe("connectTimeout", () => {
  test("ends a connection that joins nothing (I23)", async () => {
    const io = new MemoryServer();
    const client = await connect(io);
    const pong = (): void => client.ws.send("3");
    await io.host.advance(25_000);
    pong();
    await io.host.advance(19_999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("is over once a namespace is joined", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    const { client } = await join(io);
    await io.host.advance(10_000);
    assert.ok(!client.isClosed);
  });

  test("is paused while a CONNECT is pending, and begins anew when that is refused", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    let answer = (_error?: Error): void => {};
    io.use((_socket, next) => void (answer = next));
    const client = await connect(io);
    await client.say("0");
    await io.host.advance(5000);
    assert.ok(!client.isClosed);
    answer(new Error("no"));
    await io.host.advance(999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
  });

  test("is paused while another CONNECT is pending", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    io.of("/slow").use(() => {});
    const client = await connect(io);
    await client.say("0/slow,", "0/unknown,");
    assert.equal(client.take().length, 1);
    await io.host.advance(5000);
    assert.ok(!client.isClosed);
  });

  test("begins anew with the DISCONNECT of the last namespace (S45)", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    io.of("/admin");
    const { client } = await join(io);
    await client.join("/admin");
    await client.say("1");
    await io.host.advance(5000);
    assert.ok(!client.isClosed);
    await client.say("1/admin,");
    await io.host.advance(999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
  });

  test("begins anew when the server ends the last socket", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    const { client, socket } = await join(io);
    socket.disconnect();
    await io.host.advance(999);
    assert.ok(!client.isClosed);
    await io.host.advance(1);
    assert.ok(client.isClosed);
  });

  test("also ends a polling connection, which hears of it", async () => {
    const io = new MemoryServer({ connectTimeout: 1000 });
    const client = await connectPolling(io);
    const poll = client.poll();
    await io.host.advance(1000);
    assert.equal(poll.body, "1");
    assert.equal(io.engine.clientsCount, 0);
  });
});

describe("limits", () => {
  test("maxNamespacesPerConnection holds at its value and closes one past it", async () => {
    const io = new MemoryServer({ limits: { maxNamespacesPerConnection: 2 } });
    const { heard, hear } = recorder();
    io.diagnostics.on("limit", (name, { conn }) => hear(name)(conn!.id));
    io.of("/a");
    io.of("/b");
    const client = await connect(io);
    await client.join();
    await client.join("/a");
    assert.deepEqual(heard, []);
    await client.say("0/b,");
    assert.match(client.take()[0] as string, /^4\/b,\{"message":/);
    assert.ok(client.isClosed);
    assert.deepEqual(heard, [["maxNamespacesPerConnection", client.open.sid]]);
  });

  test("maxNamespacesPerConnection counts those that are pending", async () => {
    const io = new MemoryServer({ limits: { maxNamespacesPerConnection: 2 } });
    for (const name of ["/a", "/b", "/c"]) io.of(name).use(() => {});
    const client = await connect(io);
    await client.say("0/a,", "0/b,");
    assert.ok(!client.isClosed);
    await client.say("0/c,");
    assert.ok(client.isClosed);
  });

  test("maxNamespacesPerConnection lets a namespace go that was left", async () => {
    const io = new MemoryServer({ limits: { maxNamespacesPerConnection: 1 } });
    io.of("/a");
    const client = await connect(io);
    for (let round = 0; round < 3; round++) {
      await client.join();
      await client.say("1");
      await client.join("/a");
      await client.say("1/a,");
    }
    assert.ok(!client.isClosed);
  });

  test("maxRefusalsPerConnection is 16: the next one closes the connection (S05)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.diagnostics.on("limit", (name) => hear(name)());
    const client = await connect(io);
    for (let count = 0; count < 16; count++) await client.say(`0/no${count},`);
    assert.equal(client.take().length, 16);
    assert.ok(!client.isClosed);
    await client.say("0/no16,");
    assert.equal(client.take().length, 1);
    assert.ok(client.isClosed);
    assert.deepEqual(heard, ["maxRefusalsPerConnection"]);
  });

  test("maxUnauthenticated counts connections without a namespace only", async () => {
    const io = new MemoryServer({ limits: { maxUnauthenticated: 1 } });
    const first = await connect(io);
    await assert.rejects(connect(io));
    await first.join();
    const second = await connect(io);
    await assert.rejects(connect(io));
    second.ws.close();
    await io.host.settle();
    const third = await connect(io);
    await first.say("1");
    await third.join();
    await assert.rejects(connect(io));
  });

  test("maxUnauthenticated is right whichever way clients come and go", async () => {
    const io = new MemoryServer({ limits: { maxUnauthenticated: 1 } });
    io.use((socket, next) => (socket.handshake.auth["stay"] === true ? next() : undefined));
    for (let round = 0; round < 3; round++) {
      const client = await connect(io);
      await client.say("0");
      client.ws.close();
      await io.host.settle();
    }
    for (let round = 0; round < 3; round++) {
      const client = await connect(io);
      await client.join("/", { stay: true });
      client.ws.fail();
      await io.host.settle();
    }
    await connect(io);
    await assert.rejects(connect(io));
  });
});
