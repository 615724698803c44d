/**
 * The app that every host serves: clients drive all of it by events.
 *
 * What it knows is in its sockets and their rooms, so a host may forget the app itself between two events.
 */
import type { Server, ServerOptions } from "../../runtimes/core.ts";
import type { Socket } from "../../src/index.ts";
import type { Orders } from "./host.ts";

/** A set of options; each profile is a server of its own. */
export type Profile = "plain" | "brisk" | "hasty" | "guarded" | "narrow" | "recovering" | "old" | "quiet";

/** What the broadcast commands are told. */
export interface Audience {
  /** Whether the client's own socket speaks, which then does not hear it. */
  readonly from: "socket" | "server";
  readonly to?: readonly string[];
  readonly except?: readonly string[];
}

type Answer = (...answers: unknown[]) => void;

const profiles: Readonly<Record<Profile, ServerOptions>> = {
  plain: {},
  // Nothing but the scenarios of sleep: what others leave behind keeps a server awake, such as last words that nobody fetches.
  quiet: {},
  old: { allowEIO3: true, pingInterval: 500, pingTimeout: 10_000 },
  brisk: { allowEIO3: true, pingInterval: 300, pingTimeout: 2_000, connectTimeout: 1_500 },
  hasty: { upgradeTimeout: 1_000 },
  guarded: {
    cors: {
      origin: ["https://app.example", /\.trusted\.example$/],
      credentials: true,
      methods: ["GET", "POST"],
      allowedHeaders: ["x-token"],
      exposedHeaders: ["x-served-by"],
      maxAge: 600,
    },
    cookie: { name: "route", sameSite: "strict" },
    allowRequest: (request: { url: string }) => !request.url.includes("let-me-in=no"),
    bindSession: ({ url }) => (url.includes("slowly") ? new Promise((resolve) => setTimeout(resolve, 300, "anybody")) : "anybody"),
  },
  recovering: { connectionStateRecovery: {} },
  narrow: { limits: { maxBufferedBytes: 1_048_576 } },
};

export const profileNames = Object.keys(profiles) as Profile[];

export function optionsOf({ profile, allowEIO3, pingTimeout }: Orders): ServerOptions {
  return { ...profiles[profile], ...(allowEIO3 && { allowEIO3 }), ...(pingTimeout !== undefined && { pingTimeout }) };
}

export function setup(io: Server): void {
  decorateReplies(io);
  io.on("connection", (socket) => serve(io, socket));
  io.of("/chat").on("connection", (socket) => serve(io, socket));
  guard(io);
  makeNamespacesOnDemand(io);
}

/** `headers` and `initial_headers` give a plain object on Node, `Headers` elsewhere. */
function decorateReplies(io: Server): void {
  io.engine.on("headers", (headers: Headers | Record<string, unknown>) => {
    if (headers instanceof Headers) headers.set("x-served-by", "the app");
    else headers["x-served-by"] = "the app";
  });
  io.engine.on("initial_headers", (headers: Headers | Record<string, unknown>) => {
    if (headers instanceof Headers) {
      headers.append("set-cookie", "first=1");
      headers.append("set-cookie", "second=2; Path=/");
    } else {
      headers["set-cookie"] = [headers["set-cookie"] ?? [], "first=1", "second=2; Path=/"].flat();
    }
  });
}

function guard(io: Server): void {
  const guarded = io.of("/guarded");
  guarded.use((socket, next) => {
    socket.data.seen = ["first"];
    setTimeout(next, 5);
  });
  guarded.use((socket, next) => {
    socket.data.seen.push("second");
    if (socket.handshake.auth.token === "right") next();
    else next(Object.assign(new Error("wrong token"), { data: { code: 7, hint: ["later"] } }));
  });
  guarded.on("connection", (socket) => serve(io, socket));
}

function makeNamespacesOnDemand(io: Server): void {
  io.of(/^\/room-\d+$/).on("connection", (socket) => serve(io, socket));
  io.of((name, auth, next) => next(null, name === "/team" && auth.token === "right"))
    .on("connection", (socket) => serve(io, socket));
}

function serve(io: Server, socket: Socket): void {
  talk(socket);
  ask(socket);
  remember(socket);
  gather(socket);
  broadcast(socket);
  manage(socket);
  watch(io, socket);
  end(io, socket);
}

/** Events and acknowledgements that the client asks for. */
function talk(socket: Socket): void {
  socket.on("echo", (...args: unknown[]) => {
    const answer = args.at(-1);
    if (typeof answer === "function") answer(...args.slice(0, -1));
    else socket.emit("echo", ...args);
  });
  socket.on("message", (...args: unknown[]) => socket.send(...args));
  socket.on("send bytes", () => {
    const bytes = Uint8Array.of(0, 1, 127, 128, 255);
    socket.emit("bytes", bytes, { deep: [{ bytes: bytes.subarray(1), text: "t" }] }, bytes.slice(0, 2).buffer, new DataView(bytes.buffer, 3));
  });
  socket.on("kinds", (values: object[], answer: Answer) => answer(values.map((value) => value.constructor.name)));
  socket.on("volatile", (n: number) => {
    socket.volatile.emit("volatile", n);
    socket.emit("reliable", n);
  });
  socket.use(([event], next) => next(event === "forbidden" ? new Error("not allowed") : undefined));
  socket.on("error", (error: Error) => socket.emit("refused", error.message));
}

/** The server asks the client, and tells it how that went. */
function ask(socket: Socket): void {
  socket.on("ask me", (event: string, args: unknown[], answer: Answer) => {
    tell(socket.emitWithAck(event, ...args), answer);
  });
  socket.on("ask me within", (timeout: number, event: string, args: unknown[], answer: Answer) => {
    tell(socket.timeout(timeout).emitWithAck(event, ...args), answer);
  });
  socket.on("ask me with a callback", (timeout: number, event: string, answer: Answer) => {
    socket.timeout(timeout).emit(event, (error: Error | null, ...answers: unknown[]) => {
      answer({ error: error?.message ?? null, answers });
    });
  });
}

function remember(socket: Socket): void {
  socket.on("remember", (value: unknown, answer: Answer) => {
    socket.data.value = value;
    answer();
  });
  socket.on("who am I", (answer: Answer) => {
    const { id, data, handshake, recovered, nsp, conn } = socket;
    const { headers, query, address, secure, xdomain, url, auth } = handshake;
    const rooms = [...socket.rooms].filter((room) => room !== id).toSorted();
    const transport = conn.transport.name;
    answer({ id, data, recovered, rooms, transport, namespace: nsp.name, headers, query, address, secure, xdomain, url, auth });
  });
}

function gather(socket: Socket): void {
  socket.on("join", async (rooms: string | string[], answer: Answer) => {
    await socket.join(rooms);
    answer();
  });
  socket.on("leave", async (room: string, answer: Answer) => {
    await socket.leave(room);
    answer();
  });
}

function broadcast(socket: Socket): void {
  socket.on("broadcast", (audience: Audience, event: string, ...args: unknown[]) => {
    select(socket, audience).emit(event, ...args);
  });
  socket.on("ask all", (audience: Audience, timeout: number, event: string, answer: Answer) => {
    select(socket, audience).timeout(timeout).emit(event, (error: Error | null, answers: unknown[]) => {
      answer({ error: error?.message ?? null, answers });
    });
  });
}

function manage(socket: Socket): void {
  socket.on("fetch sockets", async (audience: Audience, answer: Answer) => {
    const found = await select(socket, audience).fetchSockets();
    answer(found.map(({ id, rooms, data, handshake }) => ({ id, rooms: [...rooms], data, query: handshake.query })));
  });
  socket.on("join them", (audience: Audience, room: string, answer: Answer) => {
    select(socket, audience).socketsJoin(room);
    answer();
  });
  socket.on("part them", (audience: Audience, room: string, answer: Answer) => {
    select(socket, audience).socketsLeave(room);
    answer();
  });
  socket.on("disconnect them", (audience: Audience) => select(socket, audience).disconnectSockets());
}

/** Members of the main namespace hear how the socket that they watch ends. */
function watch(io: Server, socket: Socket): void {
  const room = `watching ${socket.id}`;
  socket.on("watch", async (id: string, answer: Answer) => {
    await socket.join(`watching ${id}`);
    answer();
  });
  socket.on("disconnecting", (reason) => {
    io.to(room).emit("watched", "disconnecting", reason, socket.rooms.has(socket.id));
  });
  socket.on("disconnect", (reason) => {
    io.to(room).emit("watched", "disconnect", reason, socket.rooms.has(socket.id));
  });
}

function end(io: Server, socket: Socket): void {
  socket.on("disconnect me", (close: boolean) => socket.disconnect(close));
  socket.on("last words", (...words: unknown[]) => {
    socket.emit("last words", ...words);
    socket.disconnect(true);
  });
  socket.on("close my connection", () => socket.conn.close());
  socket.on("fill", (id: string, bytes: number, answer: Answer) => {
    io.to(id).emit("filler", "x".repeat(bytes));
    answer();
  });
  socket.on("shut down", () => void io.close());
}

function select(socket: Socket, { from, to = [], except = [] }: Audience) {
  // `compress` is the shortest way to an operator for everybody.
  const everybody = from === "socket" ? socket.broadcast : socket.nsp.compress(true);
  return everybody.to([...to]).except([...except]);
}

function tell(promise: Promise<unknown>, answer: Answer): void {
  promise.then((value) => answer({ value }), (error: Error) => answer({ error: error.message }));
}
