import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { Namespace, NamespaceMatch, Socket } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { assertTidy, connect, faultsOf, join, recorder } from "./client.ts";

const invalid = (name: string): string => `4${name},{"message":"Invalid namespace"}`;

/** Connects to a namespace and says whether it was let in. */
async function tries(io: MemoryServer, name: string, auth = ""): Promise<boolean> {
  const client = await connect(io);
  await client.say(`0${name},${auth}`);
  const [answer] = client.take() as string[];
  if (answer?.startsWith(`0${name},{"sid":`) === true) return true;
  assert.equal(answer, invalid(name));
  return false;
}

describe("of() with a pattern", () => {
  test("makes a namespace for each name that matches (SRV-9)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of(/^\/room-\d+$/).on("connection", (socket) => hear(socket.nsp.name)());
    assert.ok(await tries(io, "/room-1"));
    assert.ok(await tries(io, "/room-2"));
    assert.ok(await tries(io, "/room-1"));
    assert.ok(!(await tries(io, "/room-x")));
    assert.deepEqual(heard, ["/room-1", "/room-2", "/room-1"]);
    assert.equal(io.of("/room-1").sockets.size, 2);
  });

  test("takes a listener for connections", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of(/^\/room/, (socket) => hear(socket.nsp.name)());
    await tries(io, "/room-1");
    assert.deepEqual(heard, ["/room-1"]);
  });

  test("throws when the pattern remembers where it stopped", () => {
    const io = new MemoryServer();
    for (const pattern of [/^\/a/g, /^\/a/y]) assert.throws(() => io.of(pattern), /flag g or y/);
  });

  test("loses to an exact name (NSP-6)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of("/room-1").on("connection", () => hear("exact")());
    io.of(/^\/room/).on("connection", () => hear("pattern")());
    await tries(io, "/room-1");
    await tries(io, "/room-2");
    assert.deepEqual(heard, ["exact", "pattern"]);
  });

  test("adopts a name that the app asks for later, and keeps its listener (SRV-9)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const parent = io.of(/^\/room/);
    parent.use((socket, next) => (hear("middleware")(), (socket.data.seen = true), next()));
    parent.on("connection", () => hear("parent")());
    const child = io.of("/room-1", (socket) => hear("own")(socket.data.seen));
    await tries(io, "/room-1");
    assert.deepEqual(heard, ["middleware", ["own", true], "parent"]);
    parent.emit("hello");
    assert.equal(child.sockets.size, 1);
  });
});

describe("of() with a function", () => {
  test("is asked with name and auth (SRV-10)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of((name, auth, next) => {
      hear("asked")(name, auth);
      next(null, auth["token"] === "yes");
    });
    assert.ok(await tries(io, "/a", '{"token":"yes"}'));
    assert.ok(!(await tries(io, "/b", '{"token":"no"}')));
    assert.ok(!(await tries(io, "/b")));
    assert.deepEqual(heard, [
      ["asked", "/a", { token: "yes" }],
      ["asked", "/b", { token: "no" }],
      ["asked", "/b", {}],
    ]);
  });

  test("goes on to the next one after an error, a no, a throw or a rejection (SRV-10)", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    const { heard, hear } = recorder();
    const reluctant: NamespaceMatch[] = [
      (_name, _auth, next) => next(new Error("never mind"), true),
      (_name, _auth, next) => next(null, false),
      () => {
        throw new Error("thrown");
      },
      () => Promise.reject(new Error("rejected")),
    ];
    reluctant.forEach((match, index) => io.of(match).on("connection", () => hear(String(index))()));
    io.of((_name, _auth, next) => next(null, true)).on("connection", () => hear("willing")());
    assert.ok(await tries(io, "/a"));
    assert.deepEqual(heard, ["willing"]);
    assert.deepEqual(faults, ["dynamic namespace: thrown", "dynamic namespace: rejected"]);
  });

  test("is asked in the order in which they were added, until one says yes", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    for (const name of ["first", "second", "third"]) {
      io.of((_name, _auth, next) => (hear(name)(), next(null, name === "second")));
    }
    await tries(io, "/a");
    assert.deepEqual(heard, ["first", "second"]);
  });

  test("may take its time, and a namespace made meanwhile is used (SRV-10)", async () => {
    const io = new MemoryServer();
    let answer = (): void => {};
    io.of(async (_name, _auth, next) => {
      await new Promise<void>((resolve) => (answer = resolve));
      next(null, true);
    });
    const client = await connect(io);
    await client.say("0/a,");
    assert.deepEqual(client.take(), []);
    const made = io.of("/a");
    answer();
    await io.host.settle();
    assert.equal(client.take().length, 1);
    assert.equal(made.sockets.size, 1);
  });

  test("makes one namespace for clients that come at the same time", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.on("new_namespace", ({ name }) => hear(name)());
    io.of(async (_name, _auth, next) => next(null, true));
    const [first, second] = [await connect(io), await connect(io)];
    first.send("0/a,");
    second.send("0/a,");
    await io.host.settle();
    assert.deepEqual(heard, ["/a"]);
    assert.equal(io.of("/a").sockets.size, 2);
  });

  test("that never answers is given up after middlewareTimeout", async () => {
    const io = new MemoryServer({ limits: { middlewareTimeout: 1000 } });
    io.of(() => {});
    const client = await connect(io);
    await client.say("0/a,");
    await io.host.advance(1000);
    assert.deepEqual(client.take(), ['4/a,{"message":"timeout"}']);
  });

  test("counts once when it answers twice", async () => {
    const io = new MemoryServer();
    io.of((_name, _auth, next) => (next(null, true), next(null, false), next(new Error("no"), false)));
    assert.ok(await tries(io, "/a"));
  });
});

describe("children", () => {
  test("copy the middlewares and listeners that are there when they are made (NSP-6)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const parent = io.of(/^\/room/);
    parent.use((_socket, next) => (hear("early middleware")(), next()));
    parent.on("connection", () => hear("early listener")());
    parent.once("connection", () => hear("once")());
    await tries(io, "/room-1");
    parent.use((_socket, next) => (hear("late middleware")(), next()));
    parent.on("connection", () => hear("late listener")());
    heard.length = 0;
    await tries(io, "/room-1");
    assert.deepEqual(heard.slice(0, 2), ["early middleware", "early listener"]);
    heard.length = 0;
    await tries(io, "/room-2");
    assert.deepEqual(heard.slice(0, 3), ["early middleware", "late middleware", "early listener"]);
    assert.ok(heard.includes("late listener"));
  });

  test("are announced before their first client (SRV-9)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const parent = io.of(/^\/room/);
    parent.on("connection", () => hear("connection")());
    io.on("new_namespace", (namespace: Namespace) => {
      hear(namespace.name)();
      namespace.on("connection", (socket: Socket) => hear("mine")(socket.nsp === namespace));
    });
    await tries(io, "/room-1");
    io.of("/other");
    assert.deepEqual(heard, ["/room-1", "connection", ["mine", true], "/other"]);
  });

  test("get what is said to their parent (NSP-7/8)", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room/);
    const clients = [];
    for (const name of ["/room-1", "/room-2"]) {
      const client = await connect(io);
      await client.join(name);
      clients.push(client);
    }
    for (const socket of io.of("/room-1").sockets.values()) void socket.join("red");
    parent.emit("all", 1);
    parent.to("red").emit("red");
    parent.except("red").emit("others");
    assert.deepEqual(clients[0]?.take(), ['2/room-1,["all",1]', '2/room-1,["red"]']);
    assert.deepEqual(clients[1]?.take(), ['2/room-2,["all",1]', '2/room-2,["others"]']);
  });

  test("join, leave and go with their parent", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room/);
    const sockets: Socket[] = [];
    for (const name of ["/room-1", "/room-2"]) sockets.push((await join(io, name)).socket);
    parent.socketsJoin("red");
    assert.ok(sockets.every(({ rooms }) => rooms.has("red")));
    parent.in("red").socketsLeave("red");
    assert.ok(sockets.every(({ rooms }) => !rooms.has("red")));
    parent.disconnectSockets();
    assert.ok(sockets.every(({ disconnected }) => disconnected));
  });

  test("answer what is asked of their parent", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room/);
    const first = await join(io, "/room-1");
    const second = await join(io, "/room-2");
    const answers = parent.timeout(1000).emitWithAck("how many?");
    for (const { client, socket } of [first, second]) {
      const [question] = client.take() as string[];
      const id = question?.slice(`2${socket.nsp.name},`.length).split("[")[0];
      client.send(`3${socket.nsp.name},${id}["${socket.nsp.name}"]`);
    }
    assert.deepEqual((await answers).toSorted(), ["/room-1", "/room-2"]);
  });

  test("owe nothing any more once their parent has stopped waiting (BCO-3)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const parent = io.of(/^\/room/);
    const { socket } = await join(io, "/room-1");
    parent.timeout(1000).emit("how many?", (error: Error, responses: unknown[]) => hear(error.message)(responses));
    await io.host.advance(1000);
    assert.deepEqual(heard, [["operation has timed out", []]]);
    assert.equal(socket.pendingAcks.size, 0);
  });

  test("must be asked for their sockets one by one (NSP-7/8)", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room/);
    await join(io, "/room-1");
    await assert.rejects(async () => parent.fetchSockets(), /dynamic namespace/);
  });

  test("are not a namespace of their parent's own name (NSP-6)", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room/);
    assert.ok(!(await tries(io, parent.name)));
    assert.notEqual(io.of(parent.name), parent);
  });
});

describe("cleanupEmptyChildNamespaces", () => {
  const namesOf = (io: MemoryServer): string[] => [...io._nsps.keys()];

  test("is off by default", async () => {
    const io = new MemoryServer();
    io.of(/^\/room/);
    const { client } = await join(io, "/room-1");
    await client.say("1/room-1,");
    assert.deepEqual(namesOf(io), ["/", "/room-1"]);
  });

  test("removes a child with its last socket, and a later client makes it again (NSP-10)", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    const { heard, hear } = recorder();
    io.on("new_namespace", ({ name }) => hear(name)());
    io.of(/^\/room/);
    const first = await join(io, "/room-1");
    const second = await join(io, "/room-1");
    await first.client.say("1/room-1,");
    assert.deepEqual(namesOf(io), ["/", "/room-1"]);
    second.client.ws.close();
    await io.host.settle();
    assert.deepEqual(namesOf(io), ["/"]);
    const { socket } = await join(io, "/room-1");
    assert.notEqual(socket.nsp, first.socket.nsp);
    assert.deepEqual(heard, ["/room-1", "/room-1"]);
    assertTidy(socket.nsp);
  });

  test("a late answer to what a child asked that is gone is no answer to another question (G4)", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/room/);
    const { client, socket } = await join(io, "/room-1");
    const lost = socket.emitWithAck("first question").catch((error: Error) => error.name);
    const [first] = client.take() as string[];
    socket.disconnect();
    assert.equal(await lost, "SocketDisconnectedError");
    await client.join("/room-1");
    const [again] = io.of("/room-1").sockets.values();
    const { heard, hear } = recorder();
    again!.emit("second question", hear("answer"));
    const second = (client.take() as string[]).at(-1)!;
    const idOf = (packet: string): string => /,(\d+)\[/.exec(packet)![1]!;
    await client.say(`3/room-1,${idOf(first!)}["to the first"]`);
    assert.deepEqual(heard, []);
    await client.say(`3/room-1,${idOf(second)}["to the second"]`);
    assert.deepEqual(heard, [["answer", "to the second"]]);
  });

  test("removes a child whose first client was refused (NSP-10)", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    io.of(/^\/room/).use((_socket, next) => next(new Error("no")));
    const client = await connect(io);
    await client.say("0/room-1,");
    assert.deepEqual(client.take(), ['4/room-1,{"message":"no"}']);
    assert.deepEqual(namesOf(io), ["/"]);
  });

  test("waits for clients that are still in a middleware", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    let letIn = (): void => {};
    io.of(/^\/room/).use((socket, next) => void (socket.handshake.auth["wait"] === true ? (letIn = next) : next()));
    const first = await join(io, "/room-1");
    const second = await connect(io);
    await second.say('0/room-1,{"wait":true}');
    await first.client.say("1/room-1,");
    assert.deepEqual(namesOf(io), ["/", "/room-1"]);
    letIn();
    await io.host.settle();
    assert.equal(second.take().length, 1);
    assert.equal(first.socket.nsp.sockets.size, 1);
  });

  test("removes a child whose client left while it was asked for", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    let answer = (): void => {};
    io.of((_name, _auth, next) => void (answer = () => next(null, true)));
    const client = await connect(io);
    await client.say("0/room-1,");
    client.ws.close();
    await io.host.settle();
    answer();
    await io.host.settle();
    assert.deepEqual(namesOf(io), ["/"]);
  });

  test("leaves namespaces alone that the app has named", async () => {
    const io = new MemoryServer({ cleanupEmptyChildNamespaces: true });
    io.of("/named");
    const { client } = await join(io, "/named");
    await client.say("1/named,");
    assert.deepEqual(namesOf(io), ["/", "/named"]);
  });
});

describe("maxDynamicNamespaces", () => {
  test("refuses one more than it allows, and collects empty ones first (S26)", async () => {
    const io = new MemoryServer({ limits: { maxDynamicNamespaces: 2 } });
    io.of(/^\/room/);
    const first = await join(io, "/room-1");
    await join(io, "/room-2");
    assert.ok(!(await tries(io, "/room-3")));
    assert.ok(await tries(io, "/room-1"));
    for (const socket of [...io.of("/room-1").sockets.values()]) socket.disconnect();
    assert.ok(first.socket.disconnected);
    assert.ok(await tries(io, "/room-3"));
    assert.deepEqual([...io._nsps.keys()], ["/", "/room-2", "/room-3"]);
  });
});
