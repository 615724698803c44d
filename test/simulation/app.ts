import type { CoreServer, DrainOptions, Limits, Namespace, Session, Socket } from "../../src/index.ts";
import { type AckForm, type Act } from "./acts.ts";
import type { Auth } from "./clients/client.ts";
import { type Drop, Members } from "./members.ts";
import { Middleware } from "./middleware.ts";
import type { Saw } from "./observations.ts";

/** What the app needs of the world. */
export interface Surroundings {
  readonly saw: Saw;
  /** Runs something in a later turn of the server's process. */
  later(milliseconds: number, run: () => void): void;
  now(): number;
  nextItem(): number;
  /** Whether listeners return where they would throw or reject. */
  readonly isCalm: boolean;
  /** Closes the server, which opens again a while after. */
  close(drain?: DrainOptions): void;
}

/** The message of a client, as listeners get it. */
interface Content {
  readonly item: number;
  readonly act: Act;
}

type Answer = (value: unknown) => void;
type Values = readonly unknown[];
interface Emitting {
  emit(event: string, ...args: unknown[]): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<unknown>;
}

/** The application: it does what clients and the scenario tell it to, and keeps its own record of it. */
export class App {
  readonly io: CoreServer;
  readonly members: Members;
  readonly #world: Surroundings;
  /** Faults that the app makes have names, so that each report can be matched. */
  #faults = 0;
  /** How deep in calls that send something. */
  #sending = 0;

  /** `before` is what the app knew before the process slept. */
  constructor(io: CoreServer, world: Surroundings, before?: Members) {
    this.members = new Members(before);
    this.io = io;
    this.#world = world;
    for (const name of ["/", "/a", "/b"]) this.#serve(io.of(name));
    this.#serve(io.of(/^\/d\d$/));
    io.diagnostics.on("handler_error", (error) => world.saw("faultReported", { fault: error instanceof Error ? error.message : String(error) }));
    io.diagnostics.on("limit", (name, { conn }) => world.saw("limitHit", { name, sid: conn?.id ?? "" }));
    io.engine.on("connection", (session) => {
      world.saw("sessionOpened", { sid: session.id, session });
      this.#watch(session);
    });
  }

  /** Hears of the ends of connections that went on after a sleep. */
  watchSessions(): void {
    for (const session of this.io.engine.sessions.values()) this.#watch(session);
  }

  #watch(session: Session): void {
    session.on("close", (reason) => this.#world.saw("sessionClosed", { sid: session.id, reason }));
  }

  /** Does something in the name of `socket`. Whatever the call throws, the app takes. */
  perform(act: Act, socket: Socket): unknown {
    switch (act.do) {
      case "throw":
        return this.#throw();
      case "reject":
        return this.#world.isCalm ? void this.#faults++ : Promise.reject(this.#fault());
      case "emit":
        return this.#emit(act, socket);
      case "broadcast":
        return this.#broadcast(act, socket);
      case "join":
        return this.#join([socket], act.room);
      case "leave":
        return this.#leave([socket], act.room);
      case "join all":
        return this.#join(this.members.select(socket.nsp, act.rooms, []), act.room, () => socket.nsp.in([...act.rooms]).socketsJoin(act.room));
      case "leave all":
        return this.#leave(this.members.select(socket.nsp, act.rooms, []), act.room, () => socket.nsp.in([...act.rooms]).socketsLeave(act.room));
      case "disconnect":
        return void socket.disconnect(act.close);
      case "disconnect all":
        return socket.nsp.in([...act.rooms]).disconnectSockets(act.close);
      case "hang up":
        this.#world.saw("sentAway", { sid: socket.conn.id });
        return void socket.conn.close();
      case "later":
        return this.#world.later(act.ms, () => this.#safely(act.what, socket));
      case "close server":
        return this.#world.close(act.drain);
      default:
        return undefined;
    }
  }

  /** A step of the scenario: nobody is there to report to. */
  step(act: Act, choice: number): void {
    const all = this.members.all();
    if (act.do === "throw" || act.do === "reject" || all.length === 0) return;
    this.#safely(act, all[choice % all.length]!);
  }

  #safely(act: Act, socket: Socket): void {
    if (act.do !== "throw" && act.do !== "reject") this.perform(act, socket);
  }

  // ---- clients come and go

  #serve(namespace: { use: Namespace["use"]; on: Namespace["on"] }): void {
    const middleware = new Middleware(this, this.#world, () => this.#fault());
    namespace.use((socket, next) => middleware.run(socket, next));
    namespace.on("connection", (socket) => this.#welcome(socket));
  }

  #welcome(socket: Socket): void {
    const sid = socket.conn.id;
    const { farewell } = socket.handshake.auth as Partial<Auth>;
    this.members.add(socket);
    this.#world.saw("joined", { socket: socket.id, sid, nsp: socket.nsp.name, recovered: socket.recovered });
    socket.on("m", (...args: unknown[]) => this.#handle(socket, args));
    socket.on("error", () => {});
    if (farewell === "emit") this.#remark(socket);
    socket.on("disconnecting", (reason) => {
      this.members.leaving(socket);
      this.#world.saw("leaving", { socket: socket.id, sid, reason, rooms: [...socket.rooms] });
      return this.#sayGoodbye(farewell, socket);
    });
    socket.on("disconnect", (reason) => {
      this.members.remove(socket, this.#recovers && socket.conn.protocol === 4 && !reason.endsWith("namespace disconnect"));
      this.#world.saw("left", { socket: socket.id, sid, reason, rooms: socket.rooms.size });
      // It is too late for that.
      if (farewell === "join") this.#leave([socket], "r1");
      return this.#sayGoodbye(farewell, socket);
    });
  }

  /** Speaks a few times while the connection is handing over something else. */
  #remark(socket: Socket): void {
    let left = 3;
    socket.conn.on("drain", () => {
      if (left === 0 || this.#sending > 0 || !socket.connected) return;
      left -= 1;
      this.#emit({ do: "emit", pad: 0, blobs: 0, volatile: false, ack: "none", ms: 0 }, socket);
    });
  }

  #sayGoodbye(farewell: string | undefined, socket: Socket): unknown {
    if (farewell === "throw") return this.#throw();
    if (farewell === "join") return this.#join([socket], "r1");
    if (farewell === "disconnect") {
      this.#world.saw("sentAway", { sid: socket.conn.id });
      return void socket.disconnect(true);
    }
    // What a socket that is lost on the way says to others has no place in an order with what was being said.
    if (this.#sending > 0) return undefined;
    const way = { pad: 0, blobs: 0, volatile: false, ack: "promise", ms: 100 } as const;
    if (farewell === "emit") this.#emit({ do: "emit", ...way }, socket);
    if (farewell === "broadcast") this.#broadcast({ do: "broadcast", from: "namespace", rooms: [], except: [], ...way, ack: "none" }, socket);
    return undefined;
  }

  #handle(socket: Socket, args: unknown[]): unknown {
    const { item, act } = (args[0] ?? {}) as Partial<Content>;
    if (item === undefined || act === undefined) return undefined;
    this.#world.saw("handled", { sid: socket.conn.id, socket: socket.id, item });
    const answer = args.at(-1);
    if (typeof answer === "function") this.#answer(socket, answer as Answer & { readonly id?: number }, act, item);
    return this.perform(act, socket);
  }

  #answer(socket: Socket, answer: Answer, act: Act, item: number): void {
    if (act.do === "answer never") return;
    const say = (): void => {
      if (!socket.connected) return answer(item);
      this.#send([socket], `a${item}`, "no", () => answer(item));
    };
    if (act.do === "later") this.#world.later(act.ms, say);
    else say();
    if (act.do === "answer twice") answer("twice");
  }

  // ---- saying something

  #emit(act: Extract<Act, { do: "emit" }>, socket: Socket): void {
    const item = `e${this.#world.nextItem()}`;
    const args = [{ item, pad: "y".repeat(act.pad) }, ...Array.from({ length: act.blobs }, () => Uint8Array.of(1, 2, 3))];
    const timed = act.ack.startsWith("timed");
    const base = act.volatile ? socket.volatile : socket;
    const target = (timed ? socket.timeout(act.ms) : base) as unknown as Emitting;
    // What is said to one that was lost goes to the one that has come back.
    const present = act.ack === "none" ? this.members.present(socket) : socket;
    if (this.#recovers && act.ack === "none" && !act.volatile && (present.connected || this.members.isLost(socket))) {
      this.#world.saw("kept", { socket: socket.id, item });
    }
    this.#send([present], item, act.volatile && !timed ? "volatile" : act.ack === "none" ? "by policy" : "no", () => this.#call(target, act, item, args, [socket]));
  }

  #broadcast(act: Extract<Act, { do: "broadcast" }>, socket: Socket): void {
    const item = `b${this.#world.nextItem()}`;
    const others = act.from === "socket" ? this.members.select(socket.nsp, act.rooms, act.except).filter(({ id }) => id !== socket.id) : undefined;
    const targets = others ?? this.members.select(socket.nsp, act.rooms, act.except);
    // While a CONNECT is written, another connection may end: to whom its listeners speak is there, and the app has not heard of it yet.
    const unannounced = act.ack === "none" ? this.members.unannounced(socket.nsp, act.rooms, act.except) : [];
    if (this.#recovers && act.ack === "none" && !act.volatile) this.#keep(act, socket, item, [...targets, ...unannounced]);
    const start = act.from === "socket" ? socket.to([...act.rooms]) : socket.nsp.in([...act.rooms]);
    let operator = start.except([...act.except]);
    if (act.volatile) operator = operator.volatile;
    if (act.ack.startsWith("timed")) operator = operator.timeout(act.ms);
    const args = [{ item, pad: "y".repeat(act.pad) }];
    const atLimit = act.ack !== "none" && targets.some(({ pendingAcks }) => pendingAcks.size >= this.#limits.maxPendingAcks);
    const drop = atLimit || unannounced.length > 0 ? "maybe" : act.volatile ? "volatile" : act.ack === "none" ? "by policy" : "no";
    this.#send([...targets, ...unannounced], item, drop, () => this.#call(operator, act, item, args, targets));
  }

  #keep({ rooms, except, from }: Extract<Act, { do: "broadcast" }>, sender: Socket, item: string, targets: readonly Socket[]): void {
    const lost = this.members.selectLost(sender.nsp, rooms, except).filter((id) => from === "namespace" || id !== sender.id);
    // One to whom its CONNECT is just being written is not announced, and still lost.
    for (const socket of new Set([...targets.map(({ id }) => id), ...lost])) this.#world.saw("kept", { socket, item });
  }

  /** Notes to whom `item` goes, before it goes. */
  #send(targets: readonly Socket[], item: string, drop: Drop, call: () => void): void {
    this.#sending += 1;
    for (const socket of targets) {
      this.#world.saw("emitted", { sid: socket.conn.id, socket: socket.id, item, fate: this.members.fateOf(socket, drop) });
    }
    try {
      call();
    } catch {
      for (const socket of targets) this.#world.saw("notEmitted", { sid: socket.conn.id, item });
    } finally {
      this.#sending -= 1;
    }
  }

  #call(target: Emitting, { ack, ms }: { ack: AckForm; ms: number }, item: string, args: unknown[], targets: readonly Socket[]): void {
    if (ack === "none") return void target.emit("e", ...args);
    const number = this.#world.nextItem();
    const due = ack.startsWith("timed") ? this.#world.now() + ms : undefined;
    const isPromise = ack.endsWith("promise");
    this.#world.saw("ackAsked", { ack: number, item, sockets: targets.map(({ id }) => id), sids: targets.map(({ conn }) => conn.id), due, promise: isPromise });
    const settled = (failed: boolean, values: Values): void => this.#world.saw("ackSettled", { ack: number, failed, values });
    const failed = (error: unknown): void => {
      if (error instanceof RangeError) for (const { conn } of targets) this.#world.saw("notEmitted", { sid: conn.id, item });
      settled(true, []);
    };
    try {
      if (isPromise) target.emitWithAck("e", ...args).then((value) => settled(false, [value].flat()), failed);
      else target.emit("e", ...args, (...values: unknown[]) => this.#receiveAnswer(values, settled));
    } catch (error) {
      this.#world.saw("ackRefused", { ack: number });
      throw error;
    }
  }

  /** Forms with an error in front, and without. */
  #receiveAnswer(values: unknown[], settled: (failed: boolean, values: Values) => void): void {
    const hasError = values[0] === null || values[0] instanceof Error;
    settled(values[0] instanceof Error, (hasError ? values.slice(1) : values).flat());
  }

  // ---- rooms

  #join(sockets: readonly Socket[], room: string, together?: () => void): void {
    for (const socket of sockets) this.members.join(socket, room, this.#limits.maxRoomsPerSocket);
    try {
      if (together === undefined) for (const socket of sockets) void socket.join(room);
      else together();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  #leave(sockets: readonly Socket[], room: string, together?: () => void): void {
    for (const socket of sockets) this.members.leave(socket, room);
    if (together === undefined) for (const socket of sockets) void socket.leave(room);
    else together();
  }

  get #recovers(): boolean {
    return this.io.opts.connectionStateRecovery !== undefined;
  }

  get #limits(): Limits {
    return this.io.engine.opts.limits;
  }

  /** Where nothing is thrown, later faults have the same names all the same. */
  #throw(): void {
    if (!this.#world.isCalm) throw this.#fault();
    this.#faults += 1;
  }

  /** An error that the app makes on purpose. */
  #fault(): Error {
    const fault = `fault ${this.#faults++}`;
    this.#world.saw("appThrew", { fault });
    return new Error(fault);
  }
}
