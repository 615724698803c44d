/** Adapters made for `socket.io` behind our port: what they are given, and what their failures and delays must not do. */
import assert from "node:assert/strict";
import {
  Adapter,
  type BroadcastOptions as Options,
  ClusterAdapter,
  type ClusterMessage,
  type ClusterResponse,
  MessageType,
  SessionAwareAdapter,
} from "socket.io-adapter";
import { describe, test } from "vitest";
import { type AdapterContract, Adapter as OurAdapter, type LocalSockets } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { assertTidy, connect, crowd, faultsOf, join, recorder } from "../server/client.ts";

/** A cluster adapter whose broker is the test. */
class Broker extends ClusterAdapter {
  static readonly made: Broker[] = [];
  readonly published: ClusterMessage[] = [];
  publishing: (message: ClusterMessage) => Promise<string> = () => Promise.resolve("");
  servers = 1;
  closes = 0;

  constructor(nsp: unknown) {
    super(nsp);
    Broker.made.push(this);
  }

  static of(io: MemoryServer, name = "/"): Broker {
    return io.of(name).adapter as unknown as Broker;
  }

  override doPublish(message: ClusterMessage): Promise<string> {
    this.published.push(message);
    return this.publishing(message);
  }

  override doPublishResponse(_server: string, response: ClusterResponse): Promise<void> {
    this.published.push(response as never);
    return Promise.resolve();
  }

  /** What another server says. */
  hear(type: MessageType, data: unknown): void {
    this.onMessage({ uid: "another", nsp: "/", type, data } as ClusterMessage);
  }

  override serverCount(): Promise<number> {
    return Promise.resolve(this.servers);
  }

  override close(): void {
    this.closes += 1;
  }
}

const everyone = { rooms: [], except: [], flags: {} };
const broadcast = (packet: unknown, opts: object = everyone) => [MessageType.BROADCAST, { opts, packet }] as const;

const failing: Readonly<Record<string, (message: ClusterMessage) => Promise<string>>> = {
  "never answers": () => new Promise(() => {}),
  "answers later": () => new Promise((resolve) => setImmediate(() => resolve("1-0"))),
  rejects: () => Promise.reject(new Error("the broker is gone")),
  throws: () => {
    throw new Error("the broker is gone");
  },
};

describe("an event reaches the sockets of this server within the call, and once (G6)", () => {
  for (const [what, publishing] of Object.entries(failing)) {
    test(`although the broker ${what}`, async () => {
      const io = new MemoryServer({ adapter: Broker });
      const faults = faultsOf(io);
      const [one, two, three] = await crowd(io, 3);
      assert.ok(one && two && three);
      for (const { socket } of [one, two]) void socket.join("red");
      Broker.of(io).publishing = publishing;
      const { heard, hear } = recorder();
      one.socket.onAnyOutgoing(hear("outgoing"));
      io.to("red").except(two.socket.id).emit("news", 1);
      io.emit("all", 2);
      const taken = [one, two, three].map(({ client }) => client.take());
      assert.deepEqual(taken, [['2["news",1]', '2["all",2]'], ['2["all",2]'], ['2["all",2]']]);
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const { client } of [one, two, three]) assert.deepEqual(client.take(), []);
      assert.deepEqual(heard, [["outgoing", "news", 1], ["outgoing", "all", 2]]);
      assert.ok(faults.every((fault) => fault.includes("the broker is gone")), faults.join());
      assert.equal(Broker.of(io).published.length, 2);
    });
  }

  test("in order, beside what is emitted directly and locally", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const { client, socket } = await join(io);
    Broker.of(io).publishing = failing["answers later"]!;
    io.emit("1");
    socket.emit("2");
    io.local.emit("3");
    io.emit("4", Uint8Array.of(4));
    const expected = ['2["1"]', '2["2"]', '2["3"]', '51-["4",{"_placeholder":true,"num":0}]', Uint8Array.of(4)];
    assert.deepEqual(client.take(), expected);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(client.take(), []);
    assert.equal(Broker.of(io).published.length, 2);
  });

  test("the same from a dynamic namespace, to each child", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const family = io.of(/^\/child-\d$/);
    const members = [await join(io, "/child-1"), await join(io, "/child-2")];
    for (const name of ["/child-1", "/child-2"]) Broker.of(io, name).publishing = failing["never answers"]!;
    family.emit("news");
    assert.deepEqual(members.map(({ client }) => client.take()), [['2/child-1,["news"]'], ['2/child-2,["news"]']]);
  });

  test("what cannot be encoded is thrown at the caller, and not published", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const { client } = await join(io);
    const circular: unknown[] = [];
    circular.push(circular);
    assert.throws(() => io.emit("circular", circular));
    assert.throws(() => io.timeout(10).emit("circular", circular, () => {}));
    assert.throws(() => io.emit("too many", ...Array.from({ length: 11 }, () => new Uint8Array(1))), /maxAttachments/);
    assert.deepEqual([client.take(), Broker.of(io).published], [[], []]);
  });
});

describe("what the adapter cannot do", () => {
  test("is told to the app and to nobody else (G32)", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const faults = faultsOf(io);
    const failure = (): never => {
      throw new Error("oops");
    };
    Object.assign(Broker.of(io), { addSockets: failure, delSockets: () => Promise.reject(new Error("oops")), disconnectSockets: failure });
    io.socketsJoin("red");
    io.socketsLeave("red");
    io.disconnectSockets();
    await io.host.settle();
    assert.deepEqual(faults.toSorted(), ["adapter.addSockets: oops", "adapter.delSockets: oops", "adapter.disconnectSockets: oops"]);
  });

  test("`serverSideEmitWithAck` rejects", async () => {
    const io = new MemoryServer({ adapter: Broker });
    faultsOf(io);
    Object.assign(Broker.of(io), { serverSideEmit: () => Promise.reject(new Error("oops")) });
    await assert.rejects(io.serverSideEmitWithAck("who"), { message: "oops", responses: [] });
  });

  test("a closed adapter is replaced by a new one", () => {
    const io = new MemoryServer({ adapter: Broker });
    const before = Broker.of(io);
    io.adapter(Broker);
    assert.notEqual(Broker.of(io), before);
    assert.deepEqual([before.closes, Broker.of(io).closes], [1, 0]);
  });
});

describe("acknowledged broadcasts through an adapter of `socket.io`", () => {
  test("collect answers, and reject when a socket leaves first (G4)", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const [one, two] = await crowd(io, 2);
    assert.ok(one && two);
    const answers = io.emitWithAck("ask");
    assert.deepEqual([one, two].map(({ client }) => client.take()), [['20["ask"]'], ['20["ask"]']]);
    one.client.send('30["yes"]');
    two.client.ws.close();
    await assert.rejects(answers, { name: "SocketDisconnectedError", responses: ["yes"] });
  });

  test("end after 30 seconds where the app sets no timeout: other servers do not tell of sockets that left", async () => {
    const io = new MemoryServer({ adapter: Broker });
    Broker.of(io).servers = 2;
    const { client } = await join(io);
    const answers = io.emitWithAck("ask");
    let settled = false;
    const settling = assert.rejects(answers, { message: "operation has timed out", responses: ["yes"] }).then(() => (settled = true));
    await io.host.settle();
    client.send('30["yes"]');
    await io.host.advance(29_999);
    assert.ok(!settled);
    await io.host.advance(1);
    await settling;
    client.send('30["late"]');
    const [request] = Broker.of(io).published as [Extract<ClusterMessage, { type: MessageType.BROADCAST }>];
    assert.equal(request.data.opts.flags.timeout, 30_000);
  });

  type Call = Parameters<Adapter["broadcastWithAck"]>;
  const waiting: Readonly<Record<string, (call: () => void) => unknown>> = {
    "never gets to them": () => new Promise(() => {}),
    "gets to them later": (call) => new Promise<void>((resolve) => setImmediate(resolve)).then(call),
    "fails later": () => Promise.reject(new Error("the broker is gone")),
    "throws": () => {
      throw new Error("the broker is gone");
    },
    "throws after it has asked them": (call) => {
      call();
      throw new Error("the broker is gone");
    },
  };
  for (const [what, broker] of Object.entries(waiting)) {
    test(`ask the sockets of this server within the call, and once, although the adapter ${what} (G6)`, async () => {
      class Waiting extends Adapter {
        override broadcastWithAck(...args: Call): void {
          return broker(() => super.broadcastWithAck(...args)) as void;
        }
      }
      const io = new MemoryServer({ adapter: Waiting });
      const faults = faultsOf(io);
      const [one, two] = await crowd(io, 2);
      assert.ok(one && two);
      const answers = io.except(two.socket.id).emitWithAck("ask");
      const all = io.timeout(1000).emitWithAck("ask", Uint8Array.of(1));
      const asked = one.client.take().map(String);
      assert.match(asked.join(), /^2\d\["ask"\],51-\d\["ask",\{"_placeholder":true,"num":0\}\],1$/);
      assert.equal(two.client.take().length, 2);
      await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual([one, two].map(({ client }) => client.take()), [[], []]);
      const [first, second] = [asked[0]![1]!, asked[1]![3]!];
      await one.client.say(`3${first}["yes"]`, `3${second}["one"]`);
      await two.client.say(`3${second}["two"]`);
      assert.deepEqual([await answers, await all], [["yes"], ["one", "two"]]);
      assert.ok(faults.every((fault) => fault.includes("the broker is gone")), faults.join());
      assert.equal(io.metrics().pendingAcks, 0);
    });
  }

  test("forget the sockets of this server when the time is over, although the adapter has not asked them", async () => {
    class Hanging extends Adapter {
      override broadcastWithAck(): void {}
    }
    const io = new MemoryServer({ adapter: Hanging });
    await join(io);
    const answers = assert.rejects(io.timeout(1000).emitWithAck("ask"), { message: "operation has timed out", responses: [] });
    assert.equal(io.metrics().pendingAcks, 1);
    await io.host.advance(1000);
    await answers;
    assert.equal(io.metrics().pendingAcks, 0);
  });

  test("are passed on to the sockets here for another server, which gets their answers", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const { client } = await join(io);
    Broker.of(io).hear(MessageType.BROADCAST, { opts: everyone, packet: { type: 2, nsp: "/", data: ["ask"] }, requestId: "r" });
    assert.deepEqual(client.take(), ['20["ask"]']);
    client.send('30["yes"]');
    const responses = Broker.of(io).published as unknown as ClusterResponse[];
    assert.deepEqual(responses.map(({ type, data }) => [type, data]), [
      [MessageType.BROADCAST_CLIENT_COUNT, { requestId: "r", clientCount: 1 }],
      [MessageType.BROADCAST_ACK, { requestId: "r", packet: "yes" }],
    ]);
  });
});

describe("acknowledgements that another server no longer awaits", () => {
  test("give way at the limit, the oldest first (maxPendingAcks)", async () => {
    const io = new MemoryServer({ adapter: Broker, limits: { maxPendingAcks: 2 } });
    const { client, socket } = await join(io);
    const ask = (requestId: string): void => {
      Broker.of(io).hear(MessageType.BROADCAST, { opts: everyone, packet: { type: 2, nsp: "/", data: ["ask"] }, requestId });
    };
    for (const requestId of ["one", "two", "three"]) ask(requestId);
    assert.deepEqual([io.metrics().pendingAcks, io.metrics().limits], [2, {}]);
    const mine = socket.emitWithAck("mine");
    client.send('30["late"]', '31["late"]', '32["in time"]', '33["yes"]');
    assert.equal(await mine, "yes");
    const responses = Broker.of(io).published as unknown as ClusterResponse[];
    assert.deepEqual(
      responses.filter(({ type }) => type === MessageType.BROADCAST_ACK).map(({ data }) => data),
      [{ requestId: "three", packet: "in time" }],
    );
  });

  test("while what is awaited here is refused one past it", async () => {
    const io = new MemoryServer({ adapter: Broker, limits: { maxPendingAcks: 1 } });
    const { socket } = await join(io);
    socket.emitWithAck("mine").catch(() => {});
    assert.throws(() => socket.emit("one more", () => {}), /maxPendingAcks/);
    assert.deepEqual(io.metrics().limits, { maxPendingAcks: 1 });
  });

  test("a socket that may not be asked one more question by a broadcast does not get it", async () => {
    const io = new MemoryServer({ adapter: Broker, limits: { maxPendingAcks: 1 } });
    const { client, socket } = await join(io);
    socket.emitWithAck("mine").catch(() => {});
    await assert.rejects(io.emitWithAck("everybody's"), { name: "SocketDisconnectedError" });
    assert.deepEqual(client.take(), ['20["mine"]']);
    io.emit("news");
    assert.deepEqual(client.take(), ['2["news"]']);
  });
});

describe("what other servers say (G35)", () => {
  test("is passed on: events, and what is to be done with sockets", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    io.on("note", hear("note"));
    const adapter = Broker.of(io);
    adapter.hear(...broadcast({ type: 2, nsp: "/", data: ["news", Uint8Array.of(1)] }));
    adapter.hear(MessageType.SOCKETS_JOIN, { opts: everyone, rooms: ["red"] });
    assert.ok(socket.rooms.has("red"));
    adapter.hear(MessageType.SOCKETS_LEAVE, { opts: everyone, rooms: ["red"] });
    assert.ok(!socket.rooms.has("red"));
    adapter.hear(MessageType.SERVER_SIDE_EMIT, { packet: ["note", 1] });
    adapter.hear(MessageType.DISCONNECT_SOCKETS, { opts: everyone, close: false });
    assert.deepEqual(client.take(), ['51-["news",{"_placeholder":true,"num":0}]', Uint8Array.of(1), "1"]);
    assert.deepEqual(heard, [["note", 1]]);
    assertTidy(io.sockets);
  });

  const malformed: Readonly<Record<string, unknown>> = {
    "no data": { type: 2, nsp: "/" },
    "no array": { type: 2, nsp: "/", data: { 0: "x" } },
    "an empty array": { type: 2, nsp: "/", data: [] },
    "a name that is none": { type: 2, nsp: "/", data: [{}] },
    "a type that is none": { type: 9, nsp: "/", data: ["x"] },
    "a packet that servers do not send each other": { type: 1, nsp: "/", data: ["x"] },
    "an acknowledgement id that is none": { type: 2, nsp: "/", data: ["x"], id: '0["injected"]' },
  };
  for (const [what, packet] of Object.entries(malformed)) {
    test(`${what} is not passed on, but counted`, async () => {
      const io = new MemoryServer({ adapter: Broker });
      const { client } = await join(io);
      assert.doesNotThrow(() => Broker.of(io).hear(...broadcast(packet)));
      assert.deepEqual(client.take(), []);
      assert.deepEqual(io.metrics().limits, { brokerMessage: 1 });
    });
  }

  test("an event that is too deep is told to the app", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const faults = faultsOf(io);
    const { client } = await join(io);
    let deep: unknown = "x";
    for (let depth = 0; depth < 300; depth++) deep = [deep];
    assert.doesNotThrow(() => Broker.of(io).hear(...broadcast({ type: 2, nsp: "/", data: ["deep", deep] })));
    assert.deepEqual(client.take(), []);
    assert.equal(faults.length, 1);
  });

  test("names of events that are the server's own are not passed on", () => {
    const io = new MemoryServer({ adapter: Broker });
    const { heard, hear } = recorder();
    for (const name of ["connection", "connect", "new_namespace"]) io.on(name as "connection", hear(name));
    for (const packet of [["connection", {}], ["connect"], ["new_namespace"], [], "text", [1]]) {
      Broker.of(io).hear(MessageType.SERVER_SIDE_EMIT, { packet });
    }
    assert.deepEqual(heard, []);
    assert.deepEqual(io.metrics().limits, { brokerMessage: 6 });
  });

  test("a socket with too many rooms does not throw at the adapter", async () => {
    const io = new MemoryServer({ adapter: Broker, limits: { maxRoomsPerSocket: 1 } });
    const faults = faultsOf(io);
    const { socket } = await join(io);
    assert.doesNotThrow(() => Broker.of(io).hear(MessageType.SOCKETS_JOIN, { opts: everyone, rooms: ["red", "blue"] }));
    assert.deepEqual([[...socket.rooms], faults.length], [[socket.id], 1]);
  });

  test("packets belong to the namespace of the adapter, whatever they say", async () => {
    const io = new MemoryServer({ adapter: Broker });
    const { client } = await join(io);
    Broker.of(io).hear(...broadcast({ type: 2, nsp: "/admin", data: ["news"] }));
    assert.deepEqual(client.take(), ['2["news"]']);
  });
});

describe("connection state recovery with adapters of `socket.io`", () => {
  const recovery = { connectionStateRecovery: {} };

  test("is there where the adapter gives sockets back, with its own offsets", async () => {
    const io = new MemoryServer({ ...recovery, adapter: SessionAwareAdapter });
    const { client, socket } = await join(io);
    io.emit("1");
    socket.emit("2");
    io.volatile.emit("3");
    const [first, second, third] = client.take().map((packet) => JSON.parse(String(packet).slice(1)) as unknown[]);
    assert.deepEqual([first?.[0], second?.[0], third], ["1", "2", ["3"]]);
    assert.notEqual(first?.[1], second?.[1]);
    client.ws.close();
    await io.host.settle();
    io.emit("missed");
    const again = await connect(io);
    await again.say(`0${JSON.stringify({ pid: (socket as unknown as { pid: string }).pid, offset: second?.[1] })}`);
    const [missed, welcome] = again.take().map(String);
    assert.match(missed!, /^2\["missed",".+"\]$/);
    assert.match(welcome!, new RegExp(`^0\\{"sid":"${socket.id}"`));
  });

  test("waits for the broker's offset, and for nothing that has none", async () => {
    const io = new MemoryServer({ ...recovery, adapter: RestoringBroker });
    const { client } = await join(io);
    Broker.of(io).publishing = failing["answers later"]!;
    io.emit("waits");
    io.volatile.emit("volatile");
    io.local.emit("local");
    assert.deepEqual(client.take(), ['2["volatile"]', '2["local"]']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(client.take(), ['2["waits","1-0"]']);
  });

  for (const what of ["rejects", "throws"] as const) {
    test(`does not cost the sockets of this server an event when the broker ${what}`, async () => {
      const io = new MemoryServer({ ...recovery, adapter: RestoringBroker });
      faultsOf(io);
      const { client } = await join(io);
      Broker.of(io).publishing = failing[what]!;
      io.emit("news");
      await io.host.settle();
      assert.deepEqual(client.take(), ['2["news"]']);
    });
  }

  const event = (attachments: number) => ["event", ...Array.from({ length: attachments }, () => Uint8Array.of(1)), "1-0"];
  const unusable: Readonly<Record<string, { readonly missedPackets: unknown }>> = {
    "an event with too many attachments": { missedPackets: [["fine", "0-0"], event(11)] },
    "what is no event": { missedPackets: [null] },
    "no list of events": { missedPackets: undefined },
  };
  for (const [what, session] of Object.entries(unusable)) {
    test(`lets a client start anew where the broker has ${what} for it (G26)`, async () => {
      const io = new MemoryServer({ ...recovery, adapter: RestoringBroker });
      const faults = faultsOf(io);
      Broker.of(io).restoreSession = () => Promise.resolve({ sid: "old", pid: "p", rooms: ["old", "red"], data: {}, ...session } as never);
      const client = await connect(io);
      const id = await client.join("/", { pid: "p", offset: "0-0" });
      const socket = io.sockets.sockets.get(id)!;
      assert.deepEqual([socket.recovered, id === "old", faults.length, client.take()], [false, false, 1, []]);
      assertTidy(io.sockets);
    });
  }

  test("sends on what has just as many attachments as there may be", async () => {
    const io = new MemoryServer({ ...recovery, adapter: RestoringBroker });
    const session = { sid: "old", pid: "p", rooms: [], data: {}, missedPackets: [event(10)] };
    Broker.of(io).restoreSession = () => Promise.resolve(session as never);
    const client = await connect(io);
    assert.equal(await client.join("/", { pid: "p", offset: "0-0" }), "old");
    assert.equal(client.take().length, 11);
  });

  test("is off where the adapter gives no socket back", async () => {
    const io = new MemoryServer({ ...recovery, adapter: Broker });
    const { client, socket } = await join(io);
    Broker.of(io).publishing = failing["never answers"]!;
    io.emit("all");
    socket.emit("one");
    assert.deepEqual(client.take(), ['2["all"]', '2["one"]']);
    assert.equal(Broker.of(io).published.length, 1);
  });
});

describe("`adapter` takes", () => {
  test("the in-memory class of `socket.io-adapter`", async () => {
    const io = new MemoryServer({ adapter: Adapter });
    const { heard, hear } = recorder();
    for (const name of ["create-room", "join-room", "leave-room", "delete-room"] as const) io.sockets.adapter.on(name, hear(name));
    const { client, socket } = await join(io);
    void socket.join(["red"]);
    io.to("red").emit("news");
    assert.deepEqual(client.take(), ['2["news"]']);
    assert.deepEqual([...io.sockets.adapter.rooms.keys()], [socket.id, "red"]);
    assert.deepEqual(await io.in("red").fetchSockets(), [socket]);
    assert.deepEqual(await io.in("red").allSockets(), new Set([socket.id]));
    void socket.leave("red");
    socket.disconnect();
    assert.deepEqual(heard, [
      ["create-room", socket.id],
      ["join-room", socket.id, socket.id],
      ["create-room", "red"],
      ["join-room", "red", socket.id],
      ["leave-room", "red", socket.id],
      ["delete-room", "red"],
      ["leave-room", socket.id, socket.id],
      ["delete-room", socket.id],
    ]);
  });

  const factories: Readonly<Record<string, never>> = {
    "a function": function (nsp: unknown) {
      return new Broker(nsp);
    } as never,
    "an arrow function": ((nsp: unknown) => new Broker(nsp)) as never,
    "a function that makes one of ours": function (nsp: LocalSockets) {
      return new OurAdapter(nsp);
    } as never,
    "a class that extends ours": class extends OurAdapter {} as never,
    "a class that extends that of `socket.io-adapter`": class extends Adapter {
      override broadcast(packet: unknown, options: Options): void {
        super.broadcast(packet, options);
      }
    } as never,
  };
  for (const [what, adapter] of Object.entries(factories)) {
    test(`${what}, as an option and as a method, for each namespace`, async () => {
      for (const io of [new MemoryServer({ adapter }), new MemoryServer().adapter(adapter)]) {
        for (const name of ["/", "/admin"]) {
          io.of(name);
          const { client, socket } = await join(io, name);
          io.of(name).to(socket.id).emit("news");
          io.of(name).emit("all");
          const prefix = name === "/" ? "" : `${name},`;
          assert.deepEqual(client.take(), [`2${prefix}["news"]`, `2${prefix}["all"]`]);
        }
      }
    });
  }

  test("what has the methods, and nothing of either class", async () => {
    const io = new MemoryServer({ adapter: minimal as never });
    const { client, socket } = await join(io);
    io.emit("news");
    assert.deepEqual(client.take(), ['2["news"]']);
    assert.deepEqual([...socket.rooms], [socket.id]);
  });
});

/** A broker that keeps sockets for clients that may come back. */
class RestoringBroker extends Broker {
  override persistSession(): void {}

  override restoreSession(): Promise<never> {
    return Promise.reject(new Error("nobody"));
  }
}

/** Does what the in-memory adapter does, for a port that it was given, without being one. */
function minimal(nsp: LocalSockets): AdapterContract {
  const inner = new OurAdapter(nsp);
  const names = Object.getOwnPropertyNames(OurAdapter.prototype).filter((name) => !["constructor", "rooms", "sids"].includes(name));
  const methods = names.map((name) => [name, (...args: unknown[]) => Reflect.apply(inner[name as "broadcast"], inner, args)]);
  return { rooms: inner.rooms, sids: inner.sids, ...Object.fromEntries(methods) } as AdapterContract;
}
