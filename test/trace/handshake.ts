/** SOK rows about who is there: ids, the handshake, data, rooms. */
import { next, section } from "./stage.ts";
import { typeName } from "./show.ts";

export const handshakeSections = [
  section("SOK-1: ids", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const root = alice.socket;
    const chat = await stand.enter(alice, { namespace: stand.io.of("/chat").name });
    const ids = [root.conn["id"], root.id, chat.id];
    stage.print("ids", ...ids);
    stage.print("shape", ids.map((id) => /^[\w-]{20}$/.test(id)));
    stage.print("engine", root.conn["id"] === alice.sid, chat.conn === root.conn);
  }),

  section("SOK-2: nsp, client, conn, request", async (stage) => {
    const stand = await stage.serve();
    const { socket } = await stand.join("alice", { query: "&room=1" });
    stage.print("nsp", socket.nsp === stand.io.sockets);
    stage.print("conn", socket.client.conn === socket.conn, socket.client["id"] === socket.conn["id"]);
    stage.print("request", socket.request === socket.conn.request, typeName(socket.request));
    stage.print("url", socket.request.url);
  }),

  section("SOK-2: the request of a polling session", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    stage.print("request", typeName(socket.request), socket.request.method, socket.request.url);
  }),

  section("SOK-3: handshake", async (stage) => {
    const stand = await stage.serve();
    const headers = { "x-custom": "yes", origin: `http://127.0.0.1:${stand.port}` };
    const { socket } = await stand.join("alice", { query: "&room=1&a=b%20c", auth: { token: [1] }, headers });
    const { handshake } = socket;
    stage.print("keys", Object.keys(handshake).sort());
    stage.print("headers", handshake.headers["x-custom"], handshake.headers.host);
    stage.print("time", typeof handshake.time, Number.isFinite(Date.parse(handshake.time)));
    stage.print("address", handshake.address);
    stage.print("xdomain, secure", handshake.xdomain, handshake.secure);
    stage.print("issued", typeof handshake.issued, Math.abs(Date.now() - handshake.issued) < 60_000);
    stage.print("url", handshake.url);
    stage.print("query", handshake.query);
    stage.print("auth", handshake.auth);
    stage.print("built once", socket.handshake === handshake);
  }),

  section("SOK-3: without auth and Origin", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    stage.print("root", alice.socket.handshake.auth, alice.socket.handshake.xdomain);
    const chat = await stand.enter(alice, { namespace: stand.io.of("/chat").name, auth: { a: 1 } });
    stage.print("chat", chat.handshake.auth);
  }),

  section("SOK-4..6: data, rooms, connected, recovered", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const { socket } = alice;
    stage.print("data", socket.data);
    socket.data.name = "Alice";
    stage.print("data", socket.data);
    socket.data = { replaced: true };
    stage.print("data", socket.data);
    const { rooms } = socket;
    void socket.join("red");
    stage.print("rooms live", rooms, socket.rooms);
    stage.print("state", socket.connected, socket.disconnected, socket.recovered);
    socket.on("disconnecting", () => stage.print("disconnecting", socket.connected, socket.disconnected, socket.rooms));
    socket.on("disconnect", () => stage.print("disconnect", socket.connected, socket.disconnected, socket.rooms));
    alice.send("41");
    await next(socket, "disconnect");
  }),
];
