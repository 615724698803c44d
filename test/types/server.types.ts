// Compiled, not run: each `@ts-expect-error` is an error that users must get.

import {
  Adapter,
  type AdapterContract,
  BroadcastOperator,
  type CloseReason,
  type ConnectionError,
  type CorsOptions,
  type DefaultEventsMap,
  type DiagnosticsEvents,
  type DisconnectReason,
  Engine,
  type Event,
  type EventsMap,
  type ExtendedError,
  type Handshake,
  type HandlerErrorContext,
  type Host,
  type Limits,
  Namespace,
  RemoteSocket,
  type RequestLike,
  type Room,
  Server,
  type ServerOptions,
  Session,
  Socket,
  SocketDisconnectedError,
  type SocketId,
  type WebSocketLike,
} from "../../runtimes/node.ts";
import * as core from "../../runtimes/core.ts";

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : [expected: B, got: A]): void;

interface Listens {
  hello(name: string, count: number): void;
  ask(question: string, answer: (text: string) => void): void;
  silent(): void;
  message(text: string): void;
}

interface Emits {
  plain(text: string): void;
  nothing(): void;
  ask(question: string, answer: (text: string, score: number) => void): void;
  maybe(question: string, answer?: (text: string) => void): void;
  risky(answer: (error: Error, text: string) => void): void;
  message(text: string, volume?: number): void;
}

interface Between {
  note(text: string): void;
  count(answer: (sockets: number) => void): void;
}

interface Data {
  name: string;
}

declare const io: Server<Listens, Emits, Between, Data>;
declare const socket: Socket<Listens, Emits, Between, Data>;
declare const nsp: Namespace<Listens, Emits, Between, Data>;
declare const anyIo: Server;
declare const anySocket: Socket;
declare const anyNsp: Namespace;

// ---- the names there are

export type Exported = [
  AdapterContract,
  CloseReason,
  ConnectionError,
  CorsOptions,
  DiagnosticsEvents,
  EventsMap,
  HandlerErrorContext,
  Host,
  Limits,
  RequestLike,
  WebSocketLike,
];
export const classes = [Adapter, BroadcastOperator, Engine, Namespace, RemoteSocket, Server, Session, Socket];
same<Room, string>();
same<SocketId, string>();
same<Event, [eventName: string, ...args: any[]]>();
same<ExtendedError["data"], any>();
same<Handshake["auth"], { [key: string]: any }>();
same<
  DisconnectReason,
  | "transport error"
  | "transport close"
  | "forced close"
  | "ping timeout"
  | "parse error"
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect"
>();

// ---- the order of the generics, and what stands in for those that are left out

same<Server, Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Server<Listens>, Server<Listens, Listens, DefaultEventsMap, any>>();
same<Server<Listens, Emits>, Server<Listens, Emits, DefaultEventsMap, any>>();
same<Namespace, Namespace<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Namespace<Listens>, Namespace<Listens, Listens, DefaultEventsMap, any>>();
same<Socket, Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Socket<Listens>, Socket<Listens, Listens, DefaultEventsMap, any>>();
same<typeof io.sockets, Namespace<Listens, Emits, Between, Data>>();
same<ReturnType<typeof io.of>, Namespace<Listens, Emits, Between, Data>>();
same<typeof nsp.sockets, Map<string, Socket<Listens, Emits, Between, Data>>>();
same<typeof socket.nsp, Namespace<Listens, Emits, Between, Data>>();

// ---- the untyped default takes anything

anyIo.on("whatever", (first, second) => same<[typeof first, typeof second], [any, any]>());
anyIo.emit("whatever", 1, "two", { three: [3] }, () => {});
anyIo.send(1, "two");
anyIo.to("room").emit("whatever", 1);
anyIo.serverSideEmit("whatever", 1, (error: Error, answers: string[]) => [error, answers]);
anyNsp.emit("whatever", 1, "two");
anySocket.on("whatever", (first: string, answer: (count: number) => void) => answer(first.length));
anySocket.on("whatever", (...args) => same<typeof args, any[]>());
anySocket.emit("whatever", 1, "two", (answer: string) => answer);
anySocket.timeout(1).emit("whatever", (error: Error, answer: string) => [error, answer]);
void anySocket.emitWithAck("whatever", 1).then((answer) => same<typeof answer, any>());
void anyIo.timeout(1).emitWithAck("whatever").then((answers) => same<typeof answers, any>());
anySocket.data.whatever = anySocket.data.else.entirely;

/** What is typed goes where anything goes, and the other way round. */
export const everything: [Server, Namespace, Socket] = [io, nsp, socket];
export const anything: [Server<any, any, any, any>, Namespace<any, any, any, any>, Socket<any, any>] = [io, nsp, socket];
export const something: [typeof io, typeof nsp, typeof socket] = [anyIo, anyNsp, anySocket];
declare const anySocketOfAll: Socket<any, any, any, any>;
anySocketOfAll.on("whatever", (first: string, answer: (count: number) => void) => answer(first.length));

// ---- listening

socket.on("hello", (name, count) => same<[typeof name, typeof count], [string, number]>());
socket.once("ask", (question, answer) => answer(question));
socket.on("silent", async () => {});
socket.prependListener("hello", async (name) => name);
// @ts-expect-error the event is not in the map
socket.on("unknown", () => {});
// @ts-expect-error a number is not a string
socket.on("hello", (name: number) => name);
// @ts-expect-error the acknowledgement takes a string
socket.on("ask", (_question, answer) => answer(1));
// @ts-expect-error `plain` goes to clients, and does not come from them
socket.on("plain", () => {});

socket.on("disconnect", (reason, description) => {
  same<[typeof reason, typeof description], [DisconnectReason, unknown]>();
});
socket.on("disconnecting", (reason) => same<typeof reason, DisconnectReason>());
socket.on("error", (error) => same<typeof error, ExtendedError>());
anySocket.on("disconnect", (reason) => same<typeof reason, DisconnectReason>());
// @ts-expect-error the reason is text
socket.on("disconnect", (reason: number) => reason);
// @ts-expect-error nor is it any text
socket.on("disconnect", (reason) => reason === "bored");

io.on("connection", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
io.on("connect", async (each) => void each.id);
io.on("new_namespace", (each) => same<typeof each, Namespace<Listens, Emits, Between, Data>>());
nsp.once("connection", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
anyIo.on("connection", (each) => same<typeof each, Socket>());
io.of("/", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
io.of(/^\/a/, async (each) => void each.id);
io.of((name, auth, next) => {
  same<[typeof name, typeof auth], [string, { [key: string]: any }]>();
  next(null, true);
});
io.of(async (_name, _auth, next) => next(null, true));
// @ts-expect-error what clients send is heard on their sockets
io.on("hello", () => {});
// @ts-expect-error a socket is not text
io.on("connection", (each: string) => each);
// @ts-expect-error a name is text
io.of(1);

io.on("note", (text) => same<typeof text, string>());
io.on("count", (answer) => answer(1));
// @ts-expect-error the answer is a number
io.on("count", (answer) => answer("one"));

// ---- saying something

same<ReturnType<typeof socket.emit>, true>();
same<ReturnType<typeof io.emit>, boolean>();
socket.emit("plain", "a");
socket.emit("nothing");
socket.emit("ask", "why", (text, score) => same<[typeof text, typeof score], [string, number]>());
socket.emit("maybe", "why");
// @ts-expect-error the event is not in the map
socket.emit("unknown");
// @ts-expect-error `hello` comes from clients
socket.emit("hello", "a", 1);
// @ts-expect-error the argument is missing
socket.emit("plain");
// @ts-expect-error a number is not a string
socket.emit("plain", 1);
// @ts-expect-error the acknowledgement gets text
socket.emit("ask", "why", (text: number) => text);

socket.send("a").send("a", 1);
io.send("a", 1).write("b");
nsp.send("a").write("b", 2);
socket.volatile.send("a");
// @ts-expect-error `message` takes text first
socket.send(1);
// @ts-expect-error `message` takes text first
io.send();
// @ts-expect-error `message` takes text first
nsp.write(true);

io.emit("plain", "a");
nsp.emit("nothing");
// @ts-expect-error all of them would answer: say `timeout()`, or `to()`, first
io.emit("ask", "why", () => {});
// @ts-expect-error the same on a namespace
nsp.emit("ask", "why", () => {});
// @ts-expect-error a number is not a string
io.emit("plain", 1);

// ---- with a time limit: the acknowledgement gets an error first, unless it does already

socket.timeout(1).emit("ask", "why", (error, text, score) => {
  same<[typeof error, typeof text, typeof score], [Error, string, number]>();
});
socket.timeout(1).emit("risky", (error, text) => same<[typeof error, typeof text], [Error, string]>());
socket.timeout(1).emit("plain", "a");
socket.volatile.compress(true).timeout(1).emit("ask", "why", (error) => same<typeof error, Error>());
// @ts-expect-error the error comes first
socket.timeout(1).emit("ask", "why", (text: string) => text);

// ---- as a promise

void socket.emitWithAck("ask", "why").then((text) => same<typeof text, string>());
void socket.emitWithAck("maybe", "why").then((text) => same<typeof text, string>());
void socket.emitWithAck("risky").then((text) => same<typeof text, string>());
void socket.timeout(1).emitWithAck("ask", "why").then((text) => same<typeof text, string>());
void socket.timeout(1).emitWithAck("risky").then((text) => same<typeof text, string>());
// @ts-expect-error `plain` has no acknowledgement to wait for
void socket.emitWithAck("plain", "a");
// @ts-expect-error the acknowledgement is the promise
void socket.emitWithAck("ask", "why", () => {});
// @ts-expect-error `nothing` has no acknowledgement to wait for
void socket.timeout(1).emitWithAck("nothing");

// ---- to many: the answers come as an array

io.timeout(1).emit("ask", "why", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
io.to("room").emit("ask", "why", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
socket.broadcast.timeout(1).emit("risky", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
void io.emitWithAck("ask", "why").then((texts) => same<typeof texts, string[]>());
void nsp.emitWithAck("risky").then((texts) => same<typeof texts, string[]>());
void io.to("room").timeout(1).emitWithAck("ask", "why").then((texts) => same<typeof texts, string[]>());
void socket.to("room").except("other").emitWithAck("maybe", "why").then((texts) => same<typeof texts, string[]>());
// @ts-expect-error the answers come as an array
io.timeout(1).emit("ask", "why", (_error, texts: string) => texts);
// @ts-expect-error `plain` has no acknowledgement to wait for
void io.to("room").emitWithAck("plain", "a");
// @ts-expect-error a room has a name, or is a list of names
io.to(1);

const operator = io.to("room").in(["a", "b"]).except("c").local.volatile.compress(true);
same<typeof operator extends BroadcastOperator<EventsMap, Data> ? true : false, true>();
same<ReturnType<typeof socket.to>, ReturnType<typeof io.to>>();

// ---- other servers

io.serverSideEmit("note", "a");
io.serverSideEmit("count", (error, counts) => same<[typeof error, typeof counts], [Error, number[]]>());
void io.serverSideEmitWithAck("count").then((counts) => same<typeof counts, number[]>());
void nsp.serverSideEmitWithAck("count").then((counts) => same<typeof counts, number[]>());
// @ts-expect-error servers do not send each other what is for clients
io.serverSideEmit("plain", "a");
// @ts-expect-error `note` has no acknowledgement to wait for
void io.serverSideEmitWithAck("note", "a");

// ---- data

same<typeof socket.data, Data>();
socket.data = { name: "a" };
socket.data.name = "b";
// @ts-expect-error a number is not a string
socket.data.name = 1;
// @ts-expect-error there is no such field
void socket.data.age;
void io.fetchSockets().then((all) => same<(typeof all)[number]["data"], Data>());
void io.to("room").fetchSockets().then((all) => same<(typeof all)[number]["data"], Data>());
void nsp.fetchSockets().then(([first]) => {
  first?.emit("plain", "a");
  // @ts-expect-error a number is not a string
  first?.emit("plain", 1);
  // One socket gives one answer.
  void first?.timeout(1).emitWithAck("ask", "why").then((text) => same<typeof text, string>());
  void first?.emitWithAck("ask", "why").then((text) => same<typeof text, string>());
});
void anyIo.fetchSockets().then((all) => same<(typeof all)[number]["data"], any>());

// ---- middlewares

io.use((each, next) => {
  same<typeof each, Socket<Listens, Emits, Between, Data>>();
  next();
  next(new Error("no"));
  next(Object.assign(new Error("no"), { data: { code: 1 } }));
  // @ts-expect-error a refusal is an error
  next({ reason: "no" });
});
nsp.use(async (_each, next) => next());
socket.use((event, next) => {
  same<typeof event, Event>();
  event[1] = "changed";
  next(new Error("no"));
});
socket.use(async ([name, ...args], next) => {
  same<[typeof name, typeof args], [string, any[]]>();
  next();
});
socket.onAny((event, ...args) => same<typeof args, any[]>()).onAnyOutgoing((event: string) => event);
same<ReturnType<typeof socket.listenersAny>[number], (...args: any[]) => void>();

// ---- the rest

same<ReturnType<typeof io.path>, Server<Listens, Emits, Between, Data>>();
same<ReturnType<typeof io.close>, Promise<void>>();
same<typeof socket.rooms, Set<string>>();
same<typeof socket.recovered, boolean>();
same<typeof socket.connected, boolean>();
same<typeof socket.handshake, Handshake>();
same<typeof socket.handshake.signal, AbortSignal>();
export const gone: Error = new SocketDisconnectedError();
export const options: ServerOptions = {
  path: "/a",
  adapter: Adapter,
  origin: "same",
  limits: "hardened",
  handlerErrors: "disconnect",
};
void new Server({ limits: { maxDepth: 3 } });
// @ts-expect-error there is no such limit
void new Server({ limits: { maxFun: 3 } });
// @ts-expect-error there is no such option
void new Server({ pathe: "/a" });
// @ts-expect-error there is no such policy
void new Server({ handlerErrors: "ignore" });
io.diagnostics.on("handler_error", (error, context) => {
  same<[typeof error, typeof context], [unknown, HandlerErrorContext]>();
});
new core.Server({ host: core.timerHost() }).on("connection", (each) => same<typeof each, Socket>());

/** A custom adapter extends ours, or has the same methods. */
export class Loud extends Adapter {
  override addAll(id: SocketId, rooms: Set<Room>): void {
    void super.addAll(id, rooms);
  }
}
void new Server({ adapter: Loud });
// @ts-expect-error it has none of the methods
void new Server({ adapter: class {} });
