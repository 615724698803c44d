/** RSO and ADP rows: sockets seen through the adapter, and the adapter itself. */
import { next, section } from "./stage.ts";

export const remoteSections = [
  section("RSO-1: what a remote socket tells", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice", { auth: { token: "t" } });
    alice.socket.data.name = "Alice";
    void alice.socket.join("red");
    const [found] = await stand.io.fetchSockets();
    stage.print("id", found!.id === alice.socket.id);
    stage.print("handshake", found!.handshake.auth, found!.handshake.url);
    stage.print("rooms", found!.rooms);
    stage.print("data", found!.data);
  }),

  section("RSO-1: what a remote socket does", async (stage) => {
    const stand = await stage.serve();
    const [alice, bob] = [await stand.join("alice"), await stand.join("bob")];
    const [found] = await stand.io.in(alice.socket.id).fetchSockets();
    stage.print("emit", found!.emit("hello", 1, Buffer.from([1])));
    await alice.show(2);
    stage.print("join", found!.join("red"), found!.join(["blue", "green"]));
    stage.print("leave", found!.leave("blue"));
    stage.print("rooms", alice.socket.rooms, bob.socket.rooms);
    const answer = found!.timeout(5000).emitWithAck("question");
    await alice.answer('["one","two"]');
    stage.print("answer", await answer);
    const done = new Promise<void>((resolve) => {
      found!.timeout(5000).emit("question", (...args: unknown[]) => resolve(stage.print("acknowledged", ...args)));
    });
    await alice.answer('["one","two"]');
    await done;
    alice.socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    stage.print("disconnect()", found!.disconnect() === found);
    await alice.show();
    stage.print("engine", alice.socket.conn.readyState);
  }),

  section("RSO-1: disconnect(true)", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const [found] = await stand.io.fetchSockets();
    stage.print("disconnect(true)", found!.disconnect(true) === found);
    await alice.show(2);
    stage.print("engine", alice.socket.conn.readyState);
  }),

  section("ADP-1: events", async (stage) => {
    const stand = await stage.serve();
    const { adapter } = stand.io.of("/");
    for (const event of ["create-room", "join-room", "leave-room", "delete-room"]) adapter.on(event, stage.printer(event));
    const alice = await stand.join("alice");
    const bob = await stand.join("bob");
    void alice.socket.join(["red", "blue"]);
    void alice.socket.join("red");
    void bob.socket.join("red");
    void alice.socket.leave("red");
    void alice.socket.leave("red");
    void bob.socket.leave("red");
    alice.send("41");
    await next(alice.socket, "disconnect");
  }),

  section("ADP-1: rooms and sids", async (stage) => {
    const stand = await stage.serve();
    const { adapter } = stand.io.of("/");
    adapter.on("create-room", (room) => stage.print("create-room", room, [...adapter.sids.values()]));
    const alice = await stand.join("alice");
    void alice.socket.join("red");
    stage.print("rooms", adapter.rooms);
    stage.print("sids", adapter.sids);
    stage.print("sockets", await adapter.sockets(new Set(["red"])), adapter.socketRooms(alice.socket.id));
    stage.print("serverCount", await adapter.serverCount());
    await adapter.addAll("someone", new Set(["a", "b"]));
    void adapter.del("someone", "a");
    stage.print("someone", adapter.socketRooms("someone"));
    adapter.delAll("someone");
    stage.print("rooms", [...adapter.rooms.keys()], [...adapter.sids.keys()]);
  }),

  section("ADP-1: broadcast by hand", async (stage) => {
    const stand = await stage.serve();
    const { adapter } = stand.io.of("/");
    const [alice, bob] = [await stand.join("alice"), await stand.join("bob")];
    const rooms = new Set([alice.socket.id]);
    adapter.broadcast({ type: 2, data: ["to alice", 1], nsp: "/" }, { rooms, except: new Set() });
    adapter.broadcast({ type: 2, data: ["to bob"], nsp: "/" }, { rooms: new Set(), except: rooms, flags: {} });
    adapter.addSockets({ rooms, except: new Set() }, ["red"]);
    stage.print("fetchSockets", (await adapter.fetchSockets({ rooms: new Set(["red"]), except: new Set() })).length);
    adapter.delSockets({ rooms, except: new Set() }, ["red"]);
    stage.print("rooms", [...adapter.rooms.keys()]);
    adapter.disconnectSockets({ rooms, except: new Set() }, false);
    await alice.show(2);
    await bob.show();
  }),
];
