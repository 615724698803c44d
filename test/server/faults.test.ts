import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { HandlerErrorPolicy, ServerOptions, Socket } from "../../src/index.ts";
import { ask, engineUrl } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Member, connect, faultsOf, join, recorder } from "./client.ts";

/** A callback of the app that fails. */
type Failing = (...args: any[]) => any;

/** One kind of callback: the options that hold it, and what gets it called, once. */
interface Kind {
  readonly options?: (fail: Failing) => ServerOptions;
  readonly provoke: (io: MemoryServer, fail: Failing) => unknown;
}

/** A member whose socket was prepared before the rest happens. */
async function prepared(io: MemoryServer, prepare: (socket: Socket) => unknown): Promise<Member> {
  const member = await join(io);
  prepare(member.socket);
  return member;
}

async function poll(io: MemoryServer, query: Record<string, string> = {}): Promise<void> {
  ask(io, engineUrl({ transport: "polling", ...query }));
  await io.host.settle();
}

/** Every callback that an app may give. */
const kinds: Readonly<Record<string, Kind>> = {
  "a namespace middleware": {
    provoke: async (io, fail) => {
      io.use(fail);
      await (await connect(io)).say("0");
    },
  },
  "a connection listener": { provoke: (io, fail) => join(io.on("connection", fail)) },
  "a connect listener": { provoke: (io, fail) => join(io.on("connect", fail)) },
  "a listener given to of()": { provoke: (io, fail) => (io.of("/", fail), join(io)) },
  "a new_namespace listener": { provoke: (io, fail) => io.on("new_namespace", fail).of("/admin") },
  "a listener for other servers": {
    provoke: (io, fail) => io.on("note", fail).sockets.receiveServerSideEvent(["note", 1]),
  },
  "a function given to of()": {
    provoke: async (io, fail) => {
      io.of(fail);
      await (await connect(io)).say("0/dynamic,");
    },
  },
  "an event listener": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.on("a", fail))).client.send('2["a"]'),
  },
  "an event listener that is called once": {
    provoke: async (io, fail) => {
      const { client } = await prepared(io, (socket) => socket.once("a", fail));
      client.send('2["a"]', '2["a"]');
    },
  },
  "a disconnecting listener": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.on("disconnecting", fail))).client.send("1"),
  },
  "a disconnect listener": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.on("disconnect", fail))).client.send("1"),
  },
  "an error listener": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.on("error", fail))).client.send("9"),
  },
  "a socket middleware": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.use(fail))).client.send('2["a"]'),
  },
  "an onAny() listener": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.onAny(fail))).client.send('2["a"]'),
  },
  "an onAnyOutgoing() listener": {
    provoke: (io, fail) => prepared(io, (socket) => socket.onAnyOutgoing(fail).emit("a")),
  },
  "an onAnyOutgoing() listener of a broadcast": {
    provoke: async (io, fail) => {
      await prepared(io, (socket) => socket.onAnyOutgoing(fail));
      io.emit("a");
    },
  },
  "an acknowledgement": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.emit("a", fail))).client.send("30[]"),
  },
  "an acknowledgement that comes too late": {
    provoke: async (io, fail) => {
      await prepared(io, (socket) => socket.timeout(10).emit("a", fail));
      await io.host.advance(10);
    },
  },
  "an acknowledgement of a client that leaves": {
    provoke: async (io, fail) => (await prepared(io, (socket) => socket.timeout(10).emit("a", fail))).client.send("1"),
  },
  "an acknowledgement of a client that has left": {
    provoke: async (io, fail) => {
      await prepared(io, (socket) => socket.disconnect().timeout(10).emit("a", fail));
      await io.host.advance(10);
    },
  },
  "the acknowledgement of a broadcast": { provoke: (io, fail) => io.to("nowhere").emit("a", fail) },
  "the acknowledgement of other servers": { provoke: (io, fail) => io.serverSideEmit("a", fail) },
  "a listener of the adapter": {
    provoke: (io, fail) => {
      (io.sockets.adapter as unknown as { on(event: string, listener: Failing): void }).on("create-room", fail);
      return join(io);
    },
  },
  "a middleware of the engine": { provoke: (io, fail) => (io.engine.use(fail), poll(io)) },
  "generateId": { provoke: (io, fail) => ((io.engine.generateId = fail), poll(io)) },
  "allowRequest": { options: (fail) => ({ allowRequest: fail }), provoke: (io) => poll(io) },
  "cors.origin": {
    options: (fail) => ({ cors: { origin: fail } }),
    provoke: async (io) => {
      ask(io, engineUrl({ transport: "polling" }), { headers: { origin: "https://other.example" } });
      await io.host.settle();
    },
  },
  "a connection listener of the engine": { provoke: (io, fail) => (io.engine.on("connection", fail), connect(io)) },
  "an initial_headers listener": { provoke: (io, fail) => (io.engine.on("initial_headers", fail), poll(io)) },
  "a headers listener": { provoke: (io, fail) => (io.engine.on("headers", fail), poll(io)) },
  "a connection_error listener": {
    provoke: (io, fail) => (io.engine.on("connection_error", fail), poll(io, { sid: "unknown" })),
  },
  "a close listener of a connection": {
    provoke: async (io, fail) => (await prepared(io, ({ conn }) => conn.on("close", fail))).client.ws.close(),
  },
  "a packet listener of a connection": {
    provoke: async (io, fail) => (await prepared(io, ({ conn }) => conn.on("packet", fail))).client.send('2["a"]'),
  },
  "a packetCreate listener of a connection": {
    provoke: (io, fail) => prepared(io, (socket) => (socket.conn.on("packetCreate", fail), socket.emit("a"))),
  },
  "the callback of a connection's send()": {
    provoke: (io, fail) => prepared(io, ({ conn }) => conn.send("raw", {}, fail)),
  },
  "the callback of close()": { provoke: (io, fail) => io.close(fail) },
};

const failures: Readonly<Record<string, Failing>> = {
  throws: () => {
    throw new Error("oops");
  },
  rejects: () => Promise.reject(new Error("oops")),
};

describe("a callback that fails (G32, I25)", () => {
  for (const [kind, { options = () => ({}), provoke }] of Object.entries(kinds)) {
    for (const [how, fail] of Object.entries(failures)) {
      test(`is reported once, and does no harm: ${kind} ${how}`, async () => {
        const io = new MemoryServer(options(fail));
        const { heard, hear } = recorder();
        io.diagnostics.on("handler_error", (error) => hear((error as Error).message)());
        await provoke(io, fail);
        await io.host.settle();
        assert.deepEqual(heard, ["oops"]);
        assert.deepEqual(io.host.reports, []);
      });
    }
  }

  test("is reported to the host where nobody listens, with the error itself", async () => {
    const io = new MemoryServer();
    const error = new Error("oops");
    const { client } = await prepared(io, (socket) => {
      socket.on("a", () => {
        throw error;
      });
    });
    client.send('2["a"]');
    assert.deepEqual(io.host.reports, [{ message: 'A handler failed (event "a")', error }]);
  });

  test("is reported with the place where it failed", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.diagnostics.on("handler_error", (_error, context) => hear(context.phase)(context.event, context.namespace, context.socket));
    const { client, socket } = await join(io);
    socket.on("a", failures["throws"]!).onAny(failures["throws"]!);
    client.send('2["a"]');
    assert.deepEqual(heard, [["onAny", "a", "/", socket], ["event", "a", "/", socket]]);
  });

  test("does not keep the other listeners from the event", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const { client, socket } = await join(io);
    socket.on("a", hear("first")).on("a", failures["throws"]!).on("a", failures["rejects"]!).on("a", hear("last"));
    await client.say('2["a"]', '2["a"]');
    assert.deepEqual(heard, ["first", "last", "first", "last"]);
    assert.equal(io.host.reports.length, 4);
  });

  test("may throw what is no error", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.diagnostics.on("handler_error", hear("handler_error"));
    const { client, socket } = await join(io);
    for (const value of [undefined, null, "text", 0]) {
      socket.once("a", () => {
        throw value;
      });
      client.send('2["a"]');
    }
    assert.deepEqual(heard.map((entry) => (entry as unknown[])[1]), [undefined, null, "text", 0]);
  });

  test("may be the one that is told of failures: the host hears of that", async () => {
    for (const fail of Object.values(failures)) {
      const io = new MemoryServer();
      io.diagnostics.on("handler_error", fail);
      const { client, socket } = await join(io);
      socket.on("a", failures["throws"]!);
      await client.say('2["a"]');
      assert.ok(io.host.reports.length >= 1);
      assert.ok(!client.isClosed);
    }
  });

  test("may be a limit listener", async () => {
    const io = new MemoryServer({ limits: { maxNamespacesPerConnection: 1 } });
    io.diagnostics.on("limit", failures["throws"]!);
    const { client } = await join(io);
    await client.say("0/admin,");
    assert.equal(io.host.reports.length, 1);
    assert.ok(client.isClosed);
  });
});

describe("handlerErrors", () => {
  async function failIn(where: "listener" | "connection" | "ack" | "socket middleware", policy: HandlerErrorPolicy) {
    const io = new MemoryServer({ handlerErrors: policy });
    let socket: Socket | undefined;
    io.on("connection", (joined) => void (socket = joined));
    if (where === "connection") io.on("connection", failures["throws"]!);
    const client = await connect(io);
    await client.say("0");
    assert.ok(socket);
    if (where === "listener") socket.on("a", failures["throws"]!);
    if (where === "socket middleware") socket.use(failures["throws"]!);
    if (where === "ack") socket.emit("a", failures["throws"]!);
    client.send(where === "ack" ? "30[]" : '2["a"]');
    return { io, client, socket };
  }

  for (const where of ["listener", "connection", "ack", "socket middleware"] as const) {
    test(`"contain" leaves the socket alone: ${where}`, async () => {
      const { io, socket } = await failIn(where, "contain");
      await io.host.settle();
      assert.ok(socket.connected);
      assert.equal(io.host.reports.length, 1);
    });

    test(`"disconnect" ends the socket, but not its connection: ${where}`, async () => {
      const { io, client, socket } = await failIn(where, "disconnect");
      await io.host.settle();
      assert.ok(socket.disconnected);
      assert.ok(!client.isClosed);
      assert.equal(io.host.reports.length, 1);
    });
  }

  for (const where of ["listener", "ack", "socket middleware"] as const) {
    test(`"throw" throws again, in a task of its own: ${where}`, async () => {
      const { io, socket } = await failIn(where, "throw");
      assert.equal(io.host.reports.length, 1);
      await assert.rejects(io.host.settle(), { message: "oops" });
      assert.ok(socket.connected);
    });
  }
});

describe("a callback that fails after it has answered, or after its time", () => {
  const lost = new Error("lost");
  const elsewhere = { headers: { origin: "https://elsewhere.example" } };
  const late = (): Promise<never> => new Promise((_resolve, reject) => void (failLater = () => reject(lost)));
  let failLater = (): void => {};
  const afterwards: Record<string, (io: MemoryServer, fail: () => never | Promise<never>) => ServerOptions | void> = {
    "engine middleware": (io, fail) => void io.engine.use((_request: unknown, next: () => void) => (next(), fail())),
    allowRequest: (_io, fail) => ({ allowRequest: (_request, answer) => (answer(null, true), fail()) }),
    cors: (_io, fail) => ({ cors: (_request, answer) => (answer(null, { origin: true }), fail()) }),
    "cors, of its origin": (_io, fail) => ({ cors: { origin: (_origin, answer) => (answer(null, true), fail()) } }),
    origin: (_io, fail) => ({ origin: (_origin, answer) => (answer(null, true), fail()) }),
  };
  const slow: Record<string, (io: MemoryServer) => ServerOptions | void> = {
    "engine middleware": (io) => void io.engine.use(late),
    allowRequest: () => ({ allowRequest: late }),
    cors: () => ({ cors: late }),
    origin: () => ({ origin: late }),
    onHandshake: () => ({ onHandshake: late }),
    bindSession: () => ({ bindSession: late }),
    generateId: (io) => void (io.engine.generateId = late),
  };

  function serve(prepare: (io: MemoryServer) => ServerOptions | void): { io: MemoryServer; faults: string[] } {
    const io = new MemoryServer();
    io.reopen(prepare(io) ?? {});
    return { io, faults: faultsOf(io) };
  }

  for (const [what, prepare] of Object.entries(afterwards)) {
    for (const [how, fail] of Object.entries({ throws: () => { throw lost; }, rejects: () => Promise.reject(lost) })) {
      test(`is reported once, and changes nothing, where ${what} ${how}`, async () => {
        const { io, faults } = serve((it) => prepare(it, fail));
        const exchange = ask(io, engineUrl({ transport: "polling" }), elsewhere);
        await io.host.settle();
        assert.equal(exchange.status, 200);
        assert.deepEqual(faults, [`${what.split(",")[0]}: lost`]);
      });
    }
  }

  for (const [what, prepare] of Object.entries(slow)) {
    test(`is reported once where ${what} rejects too late`, async () => {
      const { io, faults } = serve(prepare);
      const exchange = ask(io, engineUrl({ transport: "polling" }), elsewhere);
      await io.host.advance(60_000);
      assert.equal(exchange.status, 503);
      assert.deepEqual(faults, []);
      failLater();
      await io.host.settle();
      assert.deepEqual(faults, [`${what}: lost`]);
    });
  }

  test("is reported once where cors does for a file of the client", async () => {
    const { io, faults } = serve(() => ({ cors: (_request, answer) => (answer(null, {}), Promise.reject(lost)) }));
    ask(io, "/socket.io/socket.io.js");
    await io.host.settle();
    assert.deepEqual(faults, ["cors: lost"]);
  });
});
