// Compiled, not run: a typed app as people write it for `socket.io`. One project compiles it against the released
// package, the other one against omnisocket. What compiles there must compile here.
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  type Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from "socket.io";

interface Message {
  readonly id: number;
  readonly text: string;
  readonly picture?: Uint8Array;
}

interface ClientToServerEvents {
  join: (room: string, done: (members: number) => void) => void;
  say: (room: string, text: string) => void;
  upload: (file: Buffer, done: (error: Error | null, id?: number) => void) => void;
  typing: (room: string) => void;
  message: (text: string) => void;
  leave: () => void;
}

interface ServerToClientEvents {
  said: (room: string, message: Message) => void;
  typing: (room: string, who: string) => void;
  ping: (sentAt: number, pong: (receivedAt: number) => void) => void;
  confirm: (question: string, answer: (error: Error, yes: boolean) => void) => void;
  message: (text: string, from?: string) => void;
  bye: () => void;
}

interface InterServerEvents {
  load: (answer: (sockets: number) => void) => void;
  reload: (reason: string) => void;
}

interface SocketData {
  name: string;
  joinedAt: number;
}

type ChatServer = Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;
type ChatSocket = Socket<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;
type ChatNamespace = Namespace<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>;

// Options

const options: Partial<ServerOptions> = {
  path: "/chat",
  serveClient: false,
  connectTimeout: 10_000,
  pingInterval: 10_000,
  pingTimeout: 5_000,
  upgradeTimeout: 5_000,
  maxHttpBufferSize: 1e8,
  transports: ["polling", "websocket"],
  allowUpgrades: true,
  allowEIO3: false,
  perMessageDeflate: { threshold: 1024 },
  httpCompression: { threshold: 2048 },
  cookie: { name: "io", httpOnly: true, sameSite: "strict", maxAge: 86_400 },
  cors: {
    origin: ["https://app.example", /\.example$/],
    methods: ["GET", "POST"],
    allowedHeaders: ["x-token"],
    credentials: true,
  },
  allowRequest: (request: IncomingMessage, callback) => callback(null, request.headers.origin !== undefined),
  cleanupEmptyChildNamespaces: true,
  destroyUpgrade: false,
  destroyUpgradeTimeout: 500,
  addTrailingSlash: true,
};

const httpServer = createServer();
const io = new Server<ClientToServerEvents, ServerToClientEvents, InterServerEvents, SocketData>(httpServer, options);

export const others = [
  new Server(),
  new Server(3000),
  new Server(3000, { cors: { origin: "*" } }),
  new Server({ cookie: true, cors: { origin: (_origin, callback) => callback(null, true) } }),
  new Server(httpServer, { allowRequest: (_request, callback) => callback("no entry", false) }),
];

// Who gets in

io.use((socket, next) => {
  const token: unknown = socket.handshake.auth["token"];
  if (typeof token !== "string") {
    const error: ExtendedError = new Error("who are you?");
    error.data = { wanted: "token" };
    next(error);
    return;
  }
  socket.data.name = token;
  socket.data.joinedAt = Date.now();
  next();
});

io.use(async (socket, next) => {
  await socket.join("lobby");
  next();
});

io.engine.use((request: IncomingMessage, _response: unknown, next: () => void) => {
  request.headers["x-seen"] = "yes";
  next();
});
io.engine.generateId = (request: IncomingMessage) => `${request.url ?? ""}-${Math.random()}`;
io.engine.on("headers", (headers: Record<string, string>) => (headers["x-powered-by"] = "cats"));
io.engine.on("initial_headers", (headers: Record<string, string>, request: IncomingMessage) => {
  headers["x-first"] = request.url ?? "";
});
io.engine.on("connection_error", (error: { code: number; message: string }) => console.log(error.code, error.message));

io.engine.on("connection_error", (error) => console.log(error.req.url, error.context));
io.engine.on("connection", (conn) => console.log(conn.id, conn.request.headers.host));

// One client

io.on("connection", (socket) => {
  const name: string = socket.data.name;
  const rooms: Set<string> = socket.rooms;
  const address: string = socket.handshake.address;
  const agent: string | undefined = socket.handshake.headers["user-agent"];
  console.log(socket.id, name, rooms.size, address, agent, socket.recovered, socket.handshake.query["EIO"]);
  console.log(socket.conn.transport.name, socket.conn.protocol, socket.conn.remoteAddress, socket.request.url);
  console.log(socket.nsp.name, socket.nsp.sockets.size, socket.client.conn === socket.conn);
  console.log(socket.conn.request.headers.cookie, socket.client.request.headers.cookie, socket.request.headers.cookie);

  socket.conn.once("upgrade", () => console.log(socket.conn.transport.name));
  socket.conn.on("packet", ({ type, data }) => console.log(type, data));
  socket.conn.on("close", (reason) => console.log(reason));

  registerChat(io, socket);
  registerUploads(socket);
  registerUntyped(io, socket);
  countRooms(socket);
  emitTo(socket, "message", "hello");

  socket.use(([event, ...args], next) => {
    if (event === "say" && args.length < 2) return next(new Error("say what?"));
    next();
  });
  socket.use((event: Event, next) => {
    event[1] = String(event[1]);
    next();
  });
  socket.onAny((event, ...args) => console.log(event, args));
  socket.onAnyOutgoing((event, ...args) => console.log(event, args));
  socket.prependAny((event) => console.log(event)).offAny();
  socket.on("error", (error) => console.log(error.message));
  socket.on("disconnecting", (reason) => {
    for (const room of socket.rooms) if (room !== socket.id) socket.to(room).emit("message", `${name} leaves`, reason);
  });
  socket.on("disconnect", (reason: DisconnectReason, description?: unknown) => {
    if (reason === "ping timeout") console.log(description);
  });
});

function registerChat(server: ChatServer, socket: ChatSocket): void {
  socket.on("join", async (room, done) => {
    await socket.join(room);
    socket.to(room).emit("message", "somebody came", socket.data.name);
    const members = await server.in(room).fetchSockets();
    done(members.length);
  });
  socket.on("say", (room, text) => {
    const message: Message = { id: 1, text };
    server.to(room).except(socket.id).emit("said", room, message);
    server.to([room, "archive"]).compress(false).emit("said", room, message);
    socket.emit("said", room, { ...message, picture: new Uint8Array(1) });
  });
  socket.on("typing", (room) => socket.volatile.to(room).emit("typing", room, socket.data.name));
  socket.on("message", (text) => socket.broadcast.emit("message", text));
  socket.on("leave", () => socket.disconnect(true));
  socket.once("leave", () => socket.send("you left"));
}

function registerUploads(socket: ChatSocket): void {
  const upload: ClientToServerEvents["upload"] = (file, done) => {
    if (file.length > 1e6) done(new Error("too large"));
    else done(null, file.length);
  };
  socket.on("upload", upload);
  socket.off("upload", upload);
}

// Helpers that do not know the app's events take the plain types, or none at all.
export const untyped: [Server, Namespace] = [io, io.of("/")];
export const anyTyped: [Server<any, any, any, any>, Namespace<any, any>] = [io, io.of("/")];
export const typedAgain: ChatServer = new Server();

function countRooms(socket: Socket): number {
  return socket.rooms.size;
}

function emitTo<E extends keyof ServerToClientEvents>(
  socket: ChatSocket,
  event: E,
  ...args: Parameters<ServerToClientEvents[E]>
): void {
  socket.emit(event, ...args);
}

function registerUntyped(server: Server<any, any, any, any>, socket: Socket<any, any, any, any>): void {
  console.log(countRooms(socket));
  server.emit("anything", 1, "two", { three: 3 });
  socket.on("whatever", (first: string, callback: (n: number) => void) => callback(first.length));
  socket.emit("whatever", 1, (answer: string) => console.log(answer));
}

// Acknowledgements

export async function ask(socket: ChatSocket): Promise<boolean> {
  socket.emit("ping", Date.now(), (receivedAt) => console.log(receivedAt.toFixed()));
  socket.timeout(1000).emit("ping", 1, (error, receivedAt) => console.log(error, receivedAt.toFixed()));
  socket.timeout(1000).emit("confirm", "sure?", (error: Error, yes: boolean) => console.log(error, yes));
  const receivedAt: number = await socket.emitWithAck("ping", 1);
  const again: number = await socket.timeout(1000).emitWithAck("ping", receivedAt);
  return again > 0 && (await socket.timeout(1000).emitWithAck("confirm", "really?"));
}

export async function askAll(server: ChatServer): Promise<number> {
  server.timeout(1000).emit("ping", 1, (error, times) => {
    if (error) return console.log(error.message);
    for (const time of times) console.log(time.toFixed());
  });
  const times: number[] = await server.timeout(1000).emitWithAck("ping", 1);
  const some: number[] = await server.to("lobby").timeout(1000).emitWithAck("ping", 1);
  const answers: boolean[] = await server.in("lobby").timeout(500).emitWithAck("confirm", "all?");
  return times.length + some.length + answers.length;
}

// Everybody

io.emit("bye");
io.send("hello", "the server");
io.except("lobby").emit("bye");
io.local.emit("bye");
io.volatile.emit("message", "perhaps");
io.socketsJoin("lobby");
io.in("lobby").socketsLeave(["lobby", "archive"]);
io.in("lobby").disconnectSockets(true);

export async function audience(): Promise<string[]> {
  const ids: Set<string> = await io.in("lobby").allSockets();
  const sockets: RemoteSocket<ServerToClientEvents, SocketData>[] = await io.fetchSockets();
  for (const socket of sockets) {
    socket.emit("message", "hello", socket.data.name);
    socket.join("lobby");
    socket.leave("archive");
    socket.timeout(1000).emit("bye");
    socket.disconnect();
  }
  return [...ids, ...sockets.map((socket) => `${socket.id} ${socket.handshake.address} ${socket.rooms.size}`)];
}

export function announce(everyone: BroadcastOperator<ServerToClientEvents, SocketData>): void {
  everyone.to("lobby").emit("message", "hear, hear");
}

// Other servers

io.on("reload", (reason) => console.log(reason.length));
io.on("load", (answer) => answer(io.engine.clientsCount));
io.serverSideEmit("reload", "new version");
io.serverSideEmit("load", (error, loads) => console.log(error, loads.reduce((sum, load) => sum + load, 0)));
export const loads: Promise<number[]> = io.serverSideEmitWithAck("load");

// Namespaces

const admin: ChatNamespace = io.of("/admin");
admin.use((socket, next) => next(socket.data.name === "root" ? undefined : new Error("not you")));
admin.on("connection", (socket) => socket.emit("message", `you are ${socket.data.name}`));
export const member: ChatSocket | undefined = admin.sockets.get("id");

interface RoomEvents {
  move: (x: number, y: number) => void;
}
const plain = new Server();
const game: Namespace<RoomEvents, RoomEvents, DefaultEventsMap, { score: number }> = plain.of("/game");
game.on("connection", (socket) => {
  socket.on("move", (x, y) => socket.broadcast.emit("move", x + 1, y + 1));
  socket.data.score = 0;
});

io.of(/^\/room-\d+$/).on("connection", (socket) => socket.nsp.emit("message", socket.nsp.name));
io.of((name, auth, next) => next(null, name.startsWith("/user-") && auth["token"] !== undefined));
io.of("/news", (socket) => console.log(socket.id));
io.on("new_namespace", (namespace) => console.log(namespace.name));

// Rooms as the adapter sees them

io.of("/").adapter.on("create-room", (room: string) => console.log(room));
io.of("/").adapter.on("join-room", (room: string, id: string) => console.log(room, id));
export const lobby: Set<string> | undefined = io.sockets.adapter.rooms.get("lobby");
export const mine: Set<string> | undefined = io.of("/").adapter.sids.get("id");

// Settings and the end

export const path: string = io.path("/elsewhere").path();
export const chained: ChatServer = io.serveClient(false).connectTimeout(1000).attach(httpServer);
export const address = io.httpServer.address();
export const isSocket = (value: unknown): boolean => value instanceof Socket;
io.listen(3000);
void io.close();
void io.close((error) => console.log(error?.message));
