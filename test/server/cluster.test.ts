/** What a server says to, and hears from, the other servers of a cluster; alone or behind an adapter. */
import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Adapter, type BroadcastOptions, RemoteSocket, type SocketDetails } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, faultsOf, join, recorder } from "./client.ts";

const reserved = ["connect", "connection", "new_namespace"];

describe("serverSideEmit() of a server that is alone", () => {
  test("reaches nobody, not even itself (SRV-16)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.on("note", hear("note"));
    assert.equal(io.serverSideEmit("note", 1), true);
    assert.equal(io.of("/admin").serverSideEmit("note"), true);
    await io.host.settle();
    assert.deepEqual(heard, []);
  });

  test("has no answers to wait for (SRV-16..18)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.serverSideEmit("count", 1, hear("answers"));
    await io.host.settle();
    assert.deepEqual(heard, [["answers", null, []]]);
    assert.deepEqual(await io.serverSideEmitWithAck("count"), []);
    assert.deepEqual(await io.of("/admin").serverSideEmitWithAck("count", 1), []);
  });

  test("throws when the name is reserved (SRV-16)", async () => {
    const io = new MemoryServer();
    for (const name of reserved) {
      assert.throws(() => io.serverSideEmit(name), /reserved event name/);
      await assert.rejects(io.serverSideEmitWithAck(name), /reserved event name/);
    }
  });

  test("contains a callback that throws (G32)", async () => {
    const io = new MemoryServer();
    const faults = faultsOf(io);
    assert.doesNotThrow(() => {
      io.serverSideEmit("count", () => {
        throw new Error("oops");
      });
    });
    await io.host.settle();
    assert.equal(faults.length, 1);
  });
});

/** An adapter that says it has two more servers, and lets the test speak for them. */
class ClusterAdapter extends Adapter {
  static readonly emitted: unknown[][] = [];
  static readonly broadcasts: [data: unknown, options: BroadcastOptions][] = [];
  static readonly joined: unknown[] = [];
  static others: SocketDetails[] = [];
  /** Answers for the sockets of the other servers. */
  static answer: ((counted: (clients: number) => void, answered: (...args: unknown[]) => void) => void) | undefined;

  override serverCount(): Promise<number> {
    return Promise.resolve(3);
  }

  override serverSideEmit(packet: unknown[]): void {
    ClusterAdapter.emitted.push(packet);
  }

  override async fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]> {
    return [...(await super.fetchSockets(options)), ...ClusterAdapter.others];
  }

  override broadcast(packet: { type: 2; nsp: string; data: unknown }, options: BroadcastOptions): void {
    ClusterAdapter.broadcasts.push([packet.data, options]);
    super.broadcast(packet, options);
  }

  override broadcastWithAck(
    ...[packet, options, counted, answered, lost]: Parameters<Adapter["broadcastWithAck"]>
  ): void {
    super.broadcastWithAck(packet, options, counted, answered, lost);
    ClusterAdapter.answer?.(counted, answered);
  }

  override addSockets(options: BroadcastOptions, rooms: string[]): void {
    ClusterAdapter.joined.push(["join", [...options.rooms], rooms]);
  }

  override delSockets(options: BroadcastOptions, rooms: string[]): void {
    ClusterAdapter.joined.push(["leave", [...options.rooms], rooms]);
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    ClusterAdapter.joined.push(["disconnect", [...options.rooms], close]);
  }

  static reset(): void {
    for (const list of [this.emitted, this.broadcasts, this.joined]) list.length = 0;
    this.others = [];
    this.answer = undefined;
  }
}

const elsewhere = { id: "elsewhere", handshake: { address: "198.51.100.1" }, rooms: ["elsewhere", "red"], data: { name: "eve" } };

function clusterServer(): MemoryServer {
  ClusterAdapter.reset();
  return new MemoryServer({ adapter: ClusterAdapter });
}

describe("a server in a cluster", () => {
  test("hands events for other servers to its adapter (SRV-16)", async () => {
    const io = clusterServer();
    const { heard, hear } = recorder();
    io.serverSideEmit("note", 1);
    io.serverSideEmit("count", (error: Error | null, answers: unknown[]) => hear("answers")(error, answers));
    const [note, count = []] = ClusterAdapter.emitted;
    assert.deepEqual(note, ["note", 1]);
    (count[1] as (error: null, answers: number[]) => void)(null, [2, 3]);
    assert.deepEqual(heard, [["answers", null, [2, 3]]]);
  });

  test("rejects with the answers there are (SRV-17/18)", async () => {
    const io = clusterServer();
    const answers = io.serverSideEmitWithAck("count", 1);
    const packet = ClusterAdapter.emitted[0]!;
    (packet[2] as (error: Error, answers: number[]) => void)(new Error("timeout reached"), [2]);
    await assert.rejects(answers, { message: "timeout reached", responses: [2] });
  });

  test("hears events of other servers as its own (SRV-24)", async () => {
    const io = clusterServer();
    const { heard, hear } = recorder();
    io.on("note", hear("note"));
    io.of("/admin").on("note", hear("admin"));
    io.sockets.receiveServerSideEvent(["note", 1, "two"]);
    assert.deepEqual(heard, [["note", 1, "two"]]);
  });

  test("waits for the clients of every server before it is content (BCO-3)", async () => {
    const io = clusterServer();
    const { client } = await join(io);
    const { heard, hear } = recorder();
    let counted = (_clients: number): void => {};
    let answered = (..._args: unknown[]): void => {};
    ClusterAdapter.answer = (...given) => void ([counted, answered] = given);
    io.emit("x", hear("answers"));
    await io.host.settle();
    client.send('30["mine"]');
    counted(1);
    assert.deepEqual(heard, []);
    counted(0);
    assert.deepEqual(heard, []);
    answered("theirs", "more");
    assert.deepEqual(heard, [["answers", null, ["mine", "theirs"]]]);
  });

  test("waits for nobody else where a broadcast stays here", async () => {
    const io = clusterServer();
    const { client } = await join(io);
    const { heard, hear } = recorder();
    ClusterAdapter.answer = undefined;
    io.local.timeout(1000).emit("x", hear("answers"));
    await io.host.settle();
    client.send('30["mine"]');
    assert.deepEqual(heard, [["answers", null, ["mine"]]]);
  });

  test("waits for the other servers in each child of a dynamic namespace too", async () => {
    const io = clusterServer();
    const family = io.of(/^\/d\d$/);
    const client = await connect(io);
    await client.join("/d1");
    const { heard, hear } = recorder();
    let counted!: (clients: number) => void;
    let answered!: (...args: unknown[]) => void;
    ClusterAdapter.answer = (...given) => void ([counted, answered] = given);
    family.timeout(1000).emit("x", hear("answers"));
    await io.host.settle();
    client.send('3/d1,0["mine"]');
    counted(1);
    counted(0);
    assert.deepEqual(heard, []);
    answered("theirs");
    assert.deepEqual(heard, [["answers", null, ["mine", "theirs"]]]);
    family.local.timeout(1000).emit("x", hear("local answers"));
    await io.host.settle();
    client.send('3/d1,1["mine"]');
    assert.deepEqual(heard[1], ["local answers", null, ["mine"]]);
  });

  test("sees sockets of other servers as RemoteSocket (RSO-1)", async () => {
    const io = clusterServer();
    ClusterAdapter.others = [elsewhere];
    const { socket } = await join(io);
    const [mine, theirs] = await io.fetchSockets();
    assert.equal(mine, socket);
    assert.ok(theirs instanceof RemoteSocket);
    assert.deepEqual([theirs.id, theirs.data, theirs.handshake.address], ["elsewhere", { name: "eve" }, "198.51.100.1"]);
    assert.deepEqual(theirs.rooms, new Set(["elsewhere", "red"]));
  });

  test("takes no description for a socket of its own, whatever it has (G35)", async () => {
    const io = clusterServer();
    ClusterAdapter.others = [{ ...elsewhere, client: {}, nsp: io.sockets } as SocketDetails];
    const [theirs] = await io.fetchSockets();
    assert.ok(theirs instanceof RemoteSocket);
  });

  test("ignores and counts what describes no socket (G35)", async () => {
    const io = clusterServer();
    const { socket } = await join(io);
    const none = [null, undefined, "elsewhere", {}, { ...elsewhere, id: 1 }, { ...elsewhere, rooms: undefined }, { ...elsewhere, rooms: "red" }];
    ClusterAdapter.others = [...none, { ...elsewhere, rooms: new Set(["red"]) }] as SocketDetails[];
    assert.deepEqual((await io.fetchSockets()).map(({ id }) => id), [socket.id, "elsewhere"]);
    assert.deepEqual(io.metrics().limits, { brokerMessage: none.length });
  });
});

describe("RemoteSocket (RSO-1)", () => {
  const remote = async (io: MemoryServer) => {
    ClusterAdapter.others = [elsewhere];
    const [socket] = await io.fetchSockets();
    return socket as RemoteSocket<Record<string, (...args: any[]) => void>, unknown>;
  };

  test("emit() reaches it alone", async () => {
    const io = clusterServer();
    const { client } = await join(io);
    ClusterAdapter.others = [elsewhere];
    const [, socket] = await io.fetchSockets();
    assert.equal(socket?.emit("x", 1), true);
    const [[data, options]] = ClusterAdapter.broadcasts as [[unknown, BroadcastOptions]];
    assert.deepEqual(data, ["x", 1]);
    assert.deepEqual([...options.rooms], ["elsewhere"]);
    assert.deepEqual(client.take(), []);
  });

  test("emitWithAck() gives the one answer, not a list", async () => {
    const io = clusterServer();
    const socket = await remote(io);
    const { heard, hear } = recorder();
    ClusterAdapter.answer = (counted, answered) => {
      counted(1);
      counted(0);
      answered("theirs");
    };
    assert.equal(await socket.emitWithAck("x"), "theirs");
    assert.equal(await socket.timeout(1000).emitWithAck("x"), "theirs");
    socket.timeout(1000).emit("x", hear("answer"));
    await io.host.settle();
    assert.deepEqual(heard, [["answer", null, "theirs"]]);
  });

  test("timeout() gives an error in time", async () => {
    const io = clusterServer();
    const socket = await remote(io);
    const rejected = assert.rejects(socket.timeout(1000).emitWithAck("x"), { message: "operation has timed out" });
    await io.host.advance(1000);
    await rejected;
  });

  test("join(), leave() and disconnect() select it by its id", async () => {
    const socket = await remote(clusterServer());
    socket.join("a");
    socket.join(["a", "b"]);
    socket.leave("a");
    assert.equal(socket.disconnect(), socket);
    socket.disconnect(true);
    assert.deepEqual(ClusterAdapter.joined, [
      ["join", ["elsewhere"], ["a"]],
      ["join", ["elsewhere"], ["a", "b"]],
      ["leave", ["elsewhere"], ["a"]],
      ["disconnect", ["elsewhere"], false],
      ["disconnect", ["elsewhere"], true],
    ]);
  });
});
