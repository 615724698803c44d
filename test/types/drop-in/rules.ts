// Compiled, not run: the rules of the types, one after the other. Both packages accept the same lines and refuse the same ones.
import {
  type BroadcastOperator,
  type DefaultEventsMap,
  type DisconnectReason,
  type Event,
  type ExtendedError,
  Namespace,
  type RemoteSocket,
  Server,
  type ServerOptions,
  Socket,
} from "socket.io";

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : [expected: B, got: A]): void;

interface Listens {
  hello: (name: string, count: number) => void;
  ask: (question: string, answer: (text: string) => void) => void;
  silent: () => void;
  message: (text: string) => void;
}

interface Emits {
  plain: (text: string) => void;
  nothing: () => void;
  many: (...texts: string[]) => void;
  ask: (question: string, answer: (text: string, score: number) => void) => void;
  risky: (answer: (error: Error, text: string) => void) => void;
  done: (answer: () => void) => void;
  message: (text: string, volume?: number) => void;
}

interface Between {
  note: (text: string) => void;
  count: (answer: (sockets: number) => void) => void;
}

interface Data {
  name: string;
}

declare const io: Server<Listens, Emits, Between, Data>;
declare const nsp: Namespace<Listens, Emits, Between, Data>;
declare const socket: Socket<Listens, Emits, Between, Data>;
declare const remote: RemoteSocket<Emits, Data>;
declare const anyIo: Server;
declare const anyNsp: Namespace;
declare const anySocket: Socket;

// 1. The order of the generics, and what stands in for those that are left out

same<Server, Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, any>>();
same<Server<Listens>, Server<Listens, Listens, DefaultEventsMap, any>>();
same<Server<Listens, Emits>, Server<Listens, Emits, DefaultEventsMap, any>>();
same<Namespace<Listens>, Namespace<Listens, Listens, DefaultEventsMap, any>>();
same<Socket<Listens>, Socket<Listens, Listens, DefaultEventsMap, any>>();
same<typeof io.sockets, Namespace<Listens, Emits, Between, Data>>();
same<ReturnType<typeof io.of>, Namespace<Listens, Emits, Between, Data>>();
same<typeof nsp.sockets, Map<string, Socket<Listens, Emits, Between, Data>>>();
same<typeof nsp.server.sockets, Namespace<Listens, Emits, Between, Data>>();
export type Named = [BroadcastOperator<Emits, Data>, Event, ExtendedError, Partial<ServerOptions>];
export const classes: readonly unknown[] = [Server, Namespace, Socket];

// 2. The untyped default accepts anything

anyIo.emit("whatever", 1, "two", { three: [3] }, () => {});
anyIo.send(1, "two");
anyIo.to("room").emit("whatever", 1);
anyIo.on("whatever", (first, second) => same<[typeof first, typeof second], [any, any]>());
anyIo.serverSideEmit("whatever", 1, (error: Error, answers: string[]) => console.log(error, answers));
anyNsp.emit("whatever", 1, "two");
anySocket.emit("whatever", 1, (answer: string) => console.log(answer));
anySocket.on("whatever", (first: string, answer: (count: number) => void) => answer(first.length));
anySocket.timeout(1).emit("whatever", (error: Error, answer: string) => console.log(error, answer));
anySocket.data.whatever = anySocket.data.else.entirely;
void anySocket.emitWithAck("whatever", 1).then((answer) => same<typeof answer, any>());
void anyIo.timeout(1).emitWithAck("whatever").then((answers) => same<typeof answers, any>());

// 3. Listeners take what the map says, and may be asynchronous

socket.on("hello", (name, count) => same<[typeof name, typeof count], [string, number]>());
socket.on("hello", async (name) => console.log(await Promise.resolve(name)));
socket.once("ask", (question, answer) => answer(question));
socket.on("silent", async () => {});
io.on("connection", async (each) => {
  await each.join("room");
});
// @ts-expect-error the event is not in the map
socket.on("unknown", () => {});
// @ts-expect-error a number is not a string
socket.on("hello", (name: number) => console.log(name));
// @ts-expect-error there are two arguments
socket.on("hello", (name: string, count: number, more: string) => console.log(name, count, more));
// @ts-expect-error the acknowledgement takes a string
socket.on("ask", (_question, answer) => answer(1));
// @ts-expect-error `plain` goes to clients, and does not come from them
socket.on("plain", () => {});

// 4. Reserved events are typed, beside any map

socket.on("disconnect", (reason) => same<typeof reason, DisconnectReason>());
socket.on("disconnecting", (reason, description) => console.log(reason.length, description));
socket.on("error", (error) => console.log(error.message));
anySocket.on("disconnect", (reason) => same<typeof reason, DisconnectReason>());
io.on("connection", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
io.on("connect", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
io.on("new_namespace", (each) => same<typeof each, Namespace<Listens, Emits, Between, Data>>());
nsp.once("connection", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
anyIo.on("connection", (each) => same<typeof each, Socket>());
// @ts-expect-error the reason is text
socket.on("disconnect", (reason: number) => console.log(reason));
// @ts-expect-error nor is it any text
socket.on("disconnect", (reason) => reason === "bored");
// @ts-expect-error a socket is not text
io.on("connection", (each: string) => console.log(each));
// @ts-expect-error what clients send is heard on their sockets
io.on("hello", () => {});

// 5. What is emitted is what the map says

socket.emit("plain", "a");
socket.emit("nothing");
socket.emit("many", "a", "b", "c");
socket.emit("ask", "why", (text, score) => same<[typeof text, typeof score], [string, number]>());
// @ts-expect-error the event is not in the map
socket.emit("unknown");
// @ts-expect-error `hello` comes from clients
socket.emit("hello", "a", 1);
// @ts-expect-error the argument is missing
socket.emit("plain");
// @ts-expect-error a number is not a string
socket.emit("plain", 1);
// @ts-expect-error one argument too many
socket.emit("plain", "a", "b");
// @ts-expect-error the acknowledgement gets text
socket.emit("ask", "why", (text: number) => console.log(text));

// 6. `emitWithAck` is for events whose last parameter is a callback; it gives the first argument that is no error

void socket.emitWithAck("ask", "why").then((text) => same<typeof text, string>());
void socket.emitWithAck("risky").then((text) => same<typeof text, string>());
void socket.emitWithAck("done").then((nothing) => same<typeof nothing, undefined>());
void socket.timeout(1).emitWithAck("ask", "why").then((text) => same<typeof text, string>());
void socket.timeout(1).emitWithAck("risky").then((text) => same<typeof text, string>());
// @ts-expect-error `plain` has no acknowledgement to wait for
void socket.emitWithAck("plain", "a");
// @ts-expect-error the acknowledgement is the promise
void socket.emitWithAck("ask", "why", () => {});
// @ts-expect-error the argument is missing
void socket.emitWithAck("ask");
// @ts-expect-error `nothing` has no acknowledgement to wait for
void socket.timeout(1).emitWithAck("nothing");

// 7. `timeout()` prepends an error to the acknowledgement, unless it has one

socket.timeout(1).emit("ask", "why", (error, text, score) => {
  same<[typeof error, typeof text, typeof score], [Error, string, number]>();
});
socket.timeout(1).emit("risky", (error, text) => same<[typeof error, typeof text], [Error, string]>());
socket.timeout(1).emit("done", (error) => same<typeof error, Error>());
socket.timeout(1).emit("plain", "a");
// @ts-expect-error the error comes first
socket.timeout(1).emit("ask", "why", (text: string) => console.log(text));

// 8. Broadcasts wrap the values of acknowledgements in arrays

io.timeout(1).emit("ask", "why", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
io.to("room").timeout(1).emit("ask", "why", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
nsp.timeout(1).emit("risky", (error, texts) => same<[typeof error, typeof texts], [Error, string[]]>());
socket.broadcast.timeout(1).emit("ask", "why", (_error, texts) => same<typeof texts, string[]>());
void io.timeout(1).emitWithAck("ask", "why").then((texts) => same<typeof texts, string[]>());
void socket.to("room").except("other").timeout(1).emitWithAck("risky").then((texts) => same<typeof texts, string[]>());
// @ts-expect-error the answers come as an array
io.timeout(1).emit("ask", "why", (_error, texts: string) => console.log(texts));
// @ts-expect-error `plain` has no acknowledgement to wait for
void io.to("room").timeout(1).emitWithAck("plain", "a");

// 9. Emitting to all at once is for events without acknowledgement

io.emit("plain", "a");
io.emit("nothing");
nsp.emit("many", "a", "b");
// @ts-expect-error all of them would answer
io.emit("ask", "why", () => {});
// @ts-expect-error all of them would answer
nsp.emit("risky", () => {});
// @ts-expect-error a number is not a string
io.emit("plain", 1);

// 10. `send` is the event `message`

socket.send("a").send("a", 1);
io.send("a", 1).write("b");
nsp.write("b", 2).send("a");
// @ts-expect-error `message` takes text first
socket.send(1);
// @ts-expect-error `message` takes text first
io.send();
// @ts-expect-error `message` takes text first
nsp.write(true);

// 11. Modifiers keep the types of what they modify

same<ReturnType<typeof io.to>, ReturnType<typeof io.in>>();
same<ReturnType<typeof socket.to>, ReturnType<typeof io.to>>();
same<ReturnType<typeof io.except>, ReturnType<typeof nsp.except>>();
io.to("room").in(["a", "b"]).except("c").local.volatile.compress(true).emit("plain", "a");
socket.volatile.emit("plain", "a");
socket.compress(false).emit("plain", "a");
socket.volatile.compress(true).emit("ask", "why", (text) => same<typeof text, string>());
socket.to("a").to("b").emit("plain", "a");
// @ts-expect-error a room has a name, or is a list of names
io.to(1);
// @ts-expect-error a number is not a string
socket.volatile.emit("plain", 1);
// @ts-expect-error the event is not in the map
io.to("room").emit("unknown");

// 12. Servers among themselves

io.on("note", (text) => same<typeof text, string>());
io.on("count", (answer) => answer(1));
io.serverSideEmit("note", "a");
io.serverSideEmit("count", (error, counts) => same<[typeof error, typeof counts], [Error, number[]]>());
void io.serverSideEmitWithAck("count").then((counts) => same<typeof counts, number[]>());
void nsp.serverSideEmitWithAck("count").then((counts) => same<typeof counts, number[]>());
// @ts-expect-error the answer is a number
io.on("count", (answer) => answer("one"));
// @ts-expect-error servers do not send each other what is for clients
io.serverSideEmit("plain", "a");
// @ts-expect-error `note` has no acknowledgement to wait for
void io.serverSideEmitWithAck("note", "a");

// 13. Data is what the fourth generic says, here and on other servers

same<typeof socket.data, Data>();
same<typeof remote.data, Data>();
socket.data = { name: "a" };
void io.fetchSockets().then((all) => same<(typeof all)[number]["data"], Data>());
void io.to("room").fetchSockets().then((all) => same<(typeof all)[number]["data"]["name"], string>());
void anyIo.fetchSockets().then((all) => same<(typeof all)[number]["data"], any>());
remote.emit("plain", "a");
// @ts-expect-error a number is not a string
socket.data.name = 1;
// @ts-expect-error there is no such field
void socket.data.age;
// @ts-expect-error a number is not a string
remote.emit("plain", 1);

// 14. Middlewares

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
  same<typeof event, [string, ...any[]]>();
  event[1] = "changed";
  next(new Error("no"));
});
socket.onAny((event, ...args) => same<[typeof event, typeof args], [any, any[]]>());
socket.onAnyOutgoing((event: string) => console.log(event)).offAnyOutgoing();

// 15. Namespaces by name, pattern and function

io.of("/", (each) => same<typeof each, Socket<Listens, Emits, Between, Data>>());
io.of(/^\/a/).on("connection", (each) => same<typeof each.data, Data>());
io.of((name, auth, next) => {
  same<[typeof name, typeof auth], [string, { [key: string]: any }]>();
  next(null, true);
});
// @ts-expect-error a name is text
io.of(1);

// 16. The reasons of a disconnect

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

// 17. Options

void new Server({ path: "/a", cors: { origin: true }, transports: ["websocket"], cookie: false, maxHttpBufferSize: 1e6 });
// @ts-expect-error there is no such option
void new Server({ pathe: "/a" });
// @ts-expect-error a path is text
void new Server({ path: 1 });
// @ts-expect-error milliseconds are a number
void new Server({ pingInterval: "25s" });
// @ts-expect-error there is no such transport
void new Server({ transports: ["flashsocket"] });
