/** Every place where a callback of the app can fail, how it comes to run, and what is known about it then. */
import type { Server, ServerOptions } from "socket.io";
import { next, type Pair } from "./arena.ts";

type Callback = (...args: never[]) => unknown;

/** Makes a callback that fails the first time it runs and is `pass` from then on. */
export type Failing = (pass?: Callback) => (...args: unknown[]) => never;

export interface Fault {
  readonly place: string;
  readonly options?: (failing: Failing) => Partial<ServerOptions>;
  /** Puts the failing callback in its place before a client comes. */
  readonly arrange?: (io: Server, failing: Failing) => unknown;
  /** Puts it there, or makes it run, once a client is connected. */
  readonly act?: (pair: Pair, failing: Failing, io: Server) => unknown;
  /** What that client gets instead of a connection. */
  readonly refused?: "by the namespace" | "by the engine";
  /** What the report must name, besides the phase. */
  readonly context?: { readonly namespace?: string; readonly event?: string; readonly socket?: true };
  /** The failure ends the connection anyway, as it is about its end. */
  readonly ends?: true;
}

const ON_ROOT = { namespace: "/", socket: true } as const;

export const FAULTS: readonly Fault[] = [
  {
    place: "connection listener",
    arrange: (io, failing) => io.on("connection", failing()),
    context: { namespace: "/", event: "connection" },
  },
  {
    place: "connection listener of another namespace",
    arrange: (io, failing) => io.of("/chat").on("connection", failing()),
    act: ({ client }) => next(client.io.socket("/chat"), "connect"),
    context: { namespace: "/chat", event: "connection" },
  },
  {
    place: "event listener",
    act: ({ client, socket }, failing) => {
      socket.on("event", failing());
      client.emit("event");
    },
    context: { ...ON_ROOT, event: "event" },
  },
  {
    place: "event listener that was asked for an acknowledgement",
    act: ({ client, socket }, failing) => {
      socket.on("event", failing());
      client.emit("event", () => {});
    },
    context: { ...ON_ROOT, event: "event" },
  },
  {
    place: "namespace middleware",
    arrange: (io, failing) => io.use(failing((_socket: unknown, done: () => void) => done())),
    refused: "by the namespace",
    context: ON_ROOT,
  },
  {
    place: "second namespace middleware",
    arrange: (io, failing) => {
      io.use((_socket, done) => setImmediate(done));
      io.use(failing((_socket: unknown, done: () => void) => done()));
    },
    refused: "by the namespace",
    context: ON_ROOT,
  },
  {
    place: "socket.use() middleware",
    act: ({ client, socket }, failing) => {
      socket.use(failing((_event: unknown, done: () => void) => done()));
      client.emit("event");
    },
    context: ON_ROOT,
  },
  {
    place: "acknowledgement callback",
    act: ({ client, socket }, failing) => {
      client.on("question", (answer) => answer());
      socket.emit("question", failing());
    },
    context: ON_ROOT,
  },
  {
    place: "acknowledgement callback with timeout()",
    act: ({ socket }, failing) => socket.timeout(10).emit("question", failing()),
    context: ON_ROOT,
  },
  {
    place: "acknowledgement callback of a broadcast",
    act: ({ client }, failing, io) => {
      client.on("question", (answer) => answer());
      io.timeout(5000).emit("question", failing());
    },
    context: { namespace: "/" },
  },
  {
    place: "onAny() listener",
    act: ({ client, socket }, failing) => {
      socket.onAny(failing());
      client.emit("event");
    },
    context: ON_ROOT,
  },
  {
    place: "onAnyOutgoing() listener",
    act: ({ socket }, failing) => {
      socket.onAnyOutgoing(failing());
      socket.emit("event");
    },
    context: ON_ROOT,
  },
  {
    place: "disconnecting listener",
    act: ({ client, socket }, failing) => {
      socket.on("disconnecting", failing());
      client.disconnect();
    },
    ends: true,
    context: { ...ON_ROOT, event: "disconnecting" },
  },
  {
    place: "disconnect listener",
    act: ({ client, socket }, failing) => {
      socket.on("disconnect", failing());
      client.disconnect();
    },
    ends: true,
    context: { ...ON_ROOT, event: "disconnect" },
  },
  {
    place: "error listener",
    act: ({ client, socket }, failing) => {
      socket.on("error", failing());
      socket.use(([event], done) => done(event === "event" ? new Error("refused") : undefined));
      client.emit("event");
    },
    context: { ...ON_ROOT, event: "error" },
  },
  {
    place: "new_namespace listener",
    arrange: (io, failing) => {
      io.on("new_namespace", failing());
      io.of("/new");
    },
    context: { event: "new_namespace" },
  },
  {
    place: "function of a dynamic namespace",
    arrange: (io, failing) => io.of(failing((_name: string, _auth: unknown, done: (error: null, allow: boolean) => void) => done(null, true))),
    act: ({ client }) => next(client.io.socket("/dynamic"), "connect_error"),
    context: { namespace: "/dynamic" },
  },
  {
    place: "allowRequest",
    options: (failing) => ({ allowRequest: failing((_request: unknown, done: (error: null, allow: boolean) => void) => done(null, true)) }),
    refused: "by the engine",
  },
  {
    place: "io.engine.use() middleware",
    arrange: (io, failing) => io.engine.use(failing((_request: unknown, _response: unknown, done: () => void) => done())),
    refused: "by the engine",
  },
  ...["initial_headers", "headers", "connection"].map((event) => ({
    place: `${event} listener of the engine`,
    arrange: (io: Server, failing: Failing) => io.engine.on(event, failing()),
    context: { event },
  })),
  ...["packet", "data", "heartbeat", "packetCreate", "flush", "drain"].map((event) => ({
    place: `${event} listener of a connection`,
    options: () => ({ pingInterval: 50 }),
    act: ({ client, socket }: Pair, failing: Failing) => {
      socket.conn.on(event, failing());
      client.emit("event");
      socket.emit("event");
    },
    context: { event },
  })),
  {
    place: "close listener of a connection",
    act: ({ client, socket }, failing) => {
      socket.conn.on("close", failing());
      client.io.engine.close();
    },
    ends: true,
    context: { event: "close" },
  },
  ...["create-room", "join-room", "leave-room", "delete-room"].map((event) => ({
    place: `${event} listener of the adapter`,
    act: async ({ socket }: Pair, failing: Failing) => {
      socket.nsp.adapter.on(event, failing());
      await socket.join("red");
      await socket.leave("red");
    },
    context: { event },
  })),
];
