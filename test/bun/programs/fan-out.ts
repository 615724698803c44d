/** Sends numbered events in every way, and tells each client in the end what it must have got. */
import { Server, type Socket } from "../../../runtimes/bun.ts";
import { announce } from "../../deno/programs/app.ts";

const MESSAGES = 10_000;
const padding = "x".repeat(2_000);

// Volatile events are dropped from early on.
const io = new Server({ limits: { highWaterMark: 65_536 } });
const expected = new Map<string, number[]>();
let count = 0;

io.on("connection", (socket) => {
  expected.set(socket.id, []);
  socket.on("disconnect", (_, fault) => {
    expected.delete(socket.id);
    io.emit("left", (fault as { code?: string } | undefined)?.code);
  });
  socket.on("join", async (rooms: string[], joined: () => void) => {
    await socket.join(rooms);
    joined();
  });
  // While a message is handled Bun holds back what its own WebSocket sends: broadcasts to it must not come before or after their turn.
  socket.on("poke", () => {
    for (const emit of [sendTo(socket), toRoom, sendTo(socket), toEverybody]) emit(++count);
  });
  // In a turn of its own, where nothing is held back for it by Bun.
  socket.on("part", () => {
    setImmediate(() => {
      for (const word of ["one", "two"]) socket.emit("word", word);
      io.in(socket.id).disconnectSockets(true);
    });
  });
  socket.on("flood", () => void flood());
  // To the room only, until one of those in it is gone.
  socket.on("soak", () => void soak());
  socket.on("finish", () => {
    for (const [id, numbers] of expected) io.to(id).emit("end", numbers);
  });
});

const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler() });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();

async function flood(): Promise<void> {
  const sockets = [...io.sockets.sockets.values()];
  let state = 1;
  const draw = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  while (count < MESSAGES) {
    // One turn.
    for (let left = draw(40) + 1; left > 0; left--) ways(sockets[draw(sockets.length)]!)[draw(8)]!(++count);
    await new Promise((done) => setImmediate(done));
  }
  io.emit("flooded");
}

async function soak(): Promise<void> {
  const members = io.sockets.sockets.size;
  for (let sent = 0; sent < 20_000 && io.sockets.sockets.size === members; sent++) {
    toRoom(++count);
    if (sent % 40 === 39) await new Promise((done) => setImmediate(done));
  }
  io.emit("soaked", count * padding.length);
}

function ways(socket: Socket): readonly ((n: number) => void)[] {
  return [
    sendTo(socket),
    sendTo(socket),
    toRoom,
    toEverybody,
    (n) => (due(n, (it) => it !== socket && it.rooms.has("room")), socket.to("room").emit("n", n, padding)),
    (n) => (due(n, (it) => it.rooms.has("room") && !it.rooms.has("odd")), io.to("room").except("odd").emit("n", n, padding)),
    (n) => io.to(["room", "odd"]).volatile.emit("volatile", n, padding),
    (n) => (due(n, (it) => it.rooms.has("odd")), io.to("odd").emit("bytes", n, new Uint8Array([n & 255]), new Uint8Array([n >> 8, 1]))),
  ];
}

function sendTo(socket: Socket): (n: number) => void {
  return (n) => (due(n, (it) => it === socket), socket.emit("n", n, padding));
}

function toRoom(n: number): void {
  due(n, (it) => it.rooms.has("room"));
  io.to("room").emit("n", n, padding);
}

function toEverybody(n: number): void {
  due(n, () => true);
  io.emit("n", n);
}

function due(n: number, isFor: (socket: Socket) => boolean): void {
  for (const socket of io.sockets.sockets.values()) if (isFor(socket)) expected.get(socket.id)!.push(n);
}
