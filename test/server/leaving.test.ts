import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { DisconnectReason, Socket } from "../../src/index.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { type Member, assertTidy, connect, crowd, join, recorder } from "./client.ts";

/** Every way to leave, and the reason that is told (3.6). */
const endings: readonly [DisconnectReason, (member: Member, io: MemoryServer) => unknown][] = [
  ["client namespace disconnect", ({ client }) => client.send("1")],
  ["server namespace disconnect", ({ socket }) => socket.disconnect()],
  ["server namespace disconnect", ({ socket }) => socket.disconnect(true)],
  ["server namespace disconnect", (_member, io) => io.disconnectSockets()],
  ["server shutting down", (_member, io) => io.close()],
  ["transport close", ({ client }) => client.ws.close()],
  ["transport close", ({ client }) => client.ws.send("1")],
  ["transport error", ({ client }) => client.ws.fail()],
  ["parse error", ({ client }) => client.ws.send("x")],
  ["forced close", ({ socket }) => socket.conn.close()],
  ["forced close", ({ client }) => client.send("9")],
  ["ping timeout", async (_member, io) => io.host.advance(45_000)],
];

describe("the end of a socket", () => {
  for (const [index, [reason, end]] of endings.entries()) {
    test(`is told once, with its rooms until it is over: ${reason} (way ${index + 1}) (SOK-18, G7)`, async () => {
      const io = new MemoryServer();
      const member = await join(io);
      const { socket } = member;
      const { heard, hear } = recorder();
      void socket.join(["red", "blue"]);
      const look = (name: string) => (why: string) => hear(name)(why, socket.connected, socket.rooms.size);
      socket.on("disconnecting", look("disconnecting"));
      socket.on("disconnect", look("disconnect"));
      await end(member, io);
      await io.host.settle();
      member.client.send("1");
      socket.disconnect(true);
      assert.deepEqual(heard, [["disconnecting", reason, true, 3], ["disconnect", reason, false, 0]]);
      assert.equal(io.sockets.sockets.size, 0);
      assert.ok(socket.disconnected);
      assertTidy(io.sockets);
    });
  }

  test("is over for the namespace when disconnect is told", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    const look = (name: string) => () => hear(name)(io.sockets.sockets.has(socket.id), io.sockets.adapter.sids.has(socket.id));
    socket.on("disconnecting", look("disconnecting"));
    socket.on("disconnect", look("disconnect"));
    client.send("1");
    assert.deepEqual(heard, [["disconnecting", true, true], ["disconnect", false, false]]);
  });

  test("comes with a description where the transport knows more (SOK-18)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    const error = new Error("wire cut");
    socket.on("disconnecting", hear("disconnecting")).on("disconnect", hear("disconnect"));
    client.ws.fail(error);
    assert.deepEqual(heard, [["disconnecting", "transport error", error], ["disconnect", "transport error", error]]);
  });

  test("is the same for all sockets of a connection that ends (I7)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.of("/admin");
    const { client } = await join(io);
    await client.join("/admin");
    for (const name of ["/", "/admin"]) {
      for (const socket of io.of(name).sockets.values()) socket.on("disconnect", (reason) => hear(name)(reason));
    }
    client.ws.close();
    assert.deepEqual(heard, [["/", "transport close"], ["/admin", "transport close"]]);
  });

  test("is a forced server close when the end of polling must wait for a poll (3.6)", async () => {
    const io = new MemoryServer();
    const client = await connectPolling(io);
    await client.send("40");
    await client.receive();
    const [socket] = io.sockets.sockets.values() as Iterable<Socket>;
    const { heard, hear } = recorder();
    socket!.on("disconnect", hear("disconnect"));
    await client.send("49");
    assert.deepEqual(heard, [["disconnect", "forced server close"]]);
    assert.equal(io.sockets.sockets.size, 0);
    assert.deepEqual(await client.receive(), ["1"]);
    assert.equal(io.engine.clientsCount, 0);
  });
});

describe("disconnect()", () => {
  test("sends DISCONNECT, and leaves the connection open (SOK-15)", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const { client, socket } = await join(io);
    await client.join("/admin");
    assert.equal(socket.disconnect(), socket);
    assert.deepEqual(client.take(), ["1"]);
    assert.ok(!client.isClosed);
    assert.equal(io.of("/admin").sockets.size, 1);
    await client.join();
  });

  test("with true does so in every namespace, then closes (SOK-15)", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    const admin = io.of("/admin").sockets.get(await client.join("/admin"))!;
    admin.on("disconnect", hear("admin"));
    socket.on("disconnect", hear("main"));
    socket.disconnect(true);
    assert.deepEqual(client.take(), ["1", "1/admin,"]);
    assert.deepEqual(heard, [["main", "server namespace disconnect"], ["admin", "server namespace disconnect"]]);
    assert.ok(client.isClosed);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("does nothing a second time, also from inside its own listeners (SOK-15)", async () => {
    for (const close of [false, true]) {
      for (const event of ["disconnecting", "disconnect"] as const) {
        const io = new MemoryServer();
        const { client, socket } = await join(io);
        const { heard, hear } = recorder();
        socket.on(event, () => void socket.disconnect(close));
        socket.on("disconnect", () => hear("disconnect")());
        socket.disconnect(close);
        socket.disconnect(close);
        await io.host.settle();
        assert.deepEqual(heard, ["disconnect"], `${event} ${close}`);
        assert.deepEqual(client.take(), ["1"], `${event} ${close}`);
        assertTidy(io.sockets);
      }
    }
  });

  test("answers nothing to a client that leaves by itself, also from inside its listeners", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.on("disconnecting", () => void socket.disconnect());
    client.send("1");
    assert.deepEqual(client.take(), []);
  });

  test("in a middleware does nothing: the socket is not there yet", async () => {
    const io = new MemoryServer();
    io.use((socket, next) => (socket.disconnect(), next()));
    const client = await connect(io);
    await client.join();
    assert.deepEqual(client.take(), []);
  });

  test("does not hold it against the client that it has not heard of it yet", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    socket.disconnect();
    client.send('2["on its way"]', "30[]", "1");
    assert.ok(!client.isClosed);
    client.take();
    await client.join();
  });
});

describe("rooms of a socket", () => {
  test("are its own id, then those that it joins (SOK-13)", async () => {
    const { socket } = await join(new MemoryServer());
    assert.deepEqual([...socket.rooms], [socket.id]);
    void socket.join("red");
    void socket.join(["red", "blue"]);
    assert.deepEqual([...socket.rooms], [socket.id, "red", "blue"]);
    void socket.leave("red");
    void socket.leave("never joined");
    assert.deepEqual([...socket.rooms], [socket.id, "blue"]);
  });

  test("are one live set, empty at the end (SOK-4..6)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const { rooms } = socket;
    void socket.join("red");
    assert.ok(rooms.has("red"));
    assert.equal(socket.rooms, rooms);
    client.send("1");
    assert.equal(rooms.size, 0);
    assert.equal(socket.rooms.size, 0);
  });

  test("cannot be joined any more after the end (SOK-13, I9)", async () => {
    const io = new MemoryServer();
    const { client, socket } = await join(io);
    socket.on("disconnecting", () => void socket.join("while leaving"));
    socket.on("disconnect", () => void socket.join("after"));
    client.send("1");
    assert.equal(socket.join("later"), undefined);
    assert.equal(io.sockets.adapter.rooms.size, 0);
    assert.equal(io.sockets.adapter.sids.size, 0);
  });

  test("are at most maxRoomsPerSocket, its own aside", async () => {
    const io = new MemoryServer({ limits: { maxRoomsPerSocket: 2 } });
    const { socket } = await join(io);
    void socket.join(["a", "b"]);
    void socket.join(["a", "b", socket.id]);
    await assert.rejects(async () => socket.join("c"), { name: "RangeError", message: /maxRoomsPerSocket/ });
    assert.deepEqual([...socket.rooms], [socket.id, "a", "b"]);
    void socket.leave("a");
    void socket.join("c");
  });

  test("of one socket that has too many keep the others from nothing", async () => {
    const io = new MemoryServer({ limits: { maxRoomsPerSocket: 1 } });
    const [full, free] = await crowd(io, 2);
    void full!.socket.join("a");
    assert.doesNotThrow(() => io.socketsJoin("b"));
    assert.ok(free!.socket.rooms.has("b"));
    assert.ok(!full!.socket.rooms.has("b"));
  });
});
