import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Manager, Socket } from "socket.io-client";
import type { Line } from "../network/line.ts";
import type { Site } from "../network/site.ts";
import { Random } from "../random.ts";
import { runJobs } from "../turn.ts";
import { type Browser, globalsOf } from "./browser.ts";
import { type Auth, type Client, type Message, blobsOf, greeting, ordinary } from "./client.ts";
import type { EngineManners } from "./engine-client.ts";
import { type Kept, ReleasedConnection } from "./released-connection.ts";

/** Milliseconds after which it asks again where it was refused or sent away. */
const COMEBACK = 700;

type Answer = (value: unknown) => void;

interface Surroundings {
  readonly site: Site;
  readonly seed: number;
  nextItem(): number;
}

/** The client that npm has, in a browser that is simulated. */
export class ReleasedClient implements Client {
  readonly number: number;
  readonly line: Line;
  readonly wants = new Set<string>();
  auth: Auth = ordinary;
  greetings = 0;
  answers: Client["answers"] = "now";
  readonly isGood = true;
  readonly isOld = false;
  readonly #site: Site;
  readonly #random: Random;
  readonly #nextItem: () => number;
  readonly #manager: Manager;
  readonly #sockets = new Map<string, Socket>();
  readonly #kept: Kept = { stale: new Set(), unclaimed: [] };
  #connection: ReleasedConnection | undefined;
  #wanted = false;

  constructor(number: number, line: Line, { transport, upgrades }: EngineManners, { site, seed, nextItem }: Surroundings) {
    this.number = number;
    this.line = line;
    this.#site = site;
    this.#nextItem = nextItem;
    this.#random = new Random(seed, `released ${number}`);
    const ReleasedManager = load({
      line,
      site,
      random: new Random(seed, `browser ${number}`),
      turn: (run) => this.#turn(run),
      stranded: (sid) => {
        if (sid === this.sid) this.#connection!.strand();
      },
      messagesIn: (sid, body) => (sid === this.sid ? this.#connection!.messagesIn(body) : []),
    });
    this.#manager = new ReleasedManager("http://server", {
      autoConnect: false,
      transports: transport === "polling" && upgrades ? ["polling", "websocket"] : [transport],
      reconnectionDelay: 50,
      reconnectionDelayMax: 400,
      // It waits that long too where a WebSocket has opened and ended before the first packet.
      timeout: 2500,
    });
    this.#manager.on("open", () => this.#opened());
    this.#manager.on("close", (reason) => {
      this.#connection?.leave();
      site.saw("clientClosed", { client: number, sid: this.sid, reason: reason === "forced close" ? "client" : reason });
    });
  }

  get sid(): string {
    return this.#connection?.sid ?? "";
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen === true;
  }

  get isAway(): boolean {
    return !this.#wanted;
  }

  get isStranded(): boolean {
    return this.#connection?.isStranded === true;
  }

  get isContent(): boolean {
    return this.isOpen && [...this.wants].every((nsp) => this.#socketOf(nsp).connected);
  }

  get status(): string {
    const places = [...this.#sockets].map(([nsp, { active, connected }]) => `${nsp} ${connected ? "connected" : active ? "active" : "absent"}`);
    return `${this.isOpen ? "open" : "not open"}; wants ${[...this.wants].join(" ")}; ${places.join(", ")}`;
  }

  connect(): void {
    this.#wanted = true;
    this.insist();
  }

  leave(): void {
    this.#wanted = false;
    this.#turn(() => this.#sockets.forEach((socket) => socket.disconnect()));
  }

  join(nsp: string): void {
    this.wants.add(nsp);
    this.insist();
  }

  leaveNamespace(nsp: string): void {
    this.wants.delete(nsp);
    // One that is still connecting would forget that it has asked, and the server would let it in.
    if (this.#socketOf(nsp).connected) this.#turn(() => this.#socketOf(nsp).disconnect());
  }

  insist(): void {
    if (!this.#wanted) return;
    this.#turn(() => {
      for (const nsp of this.wants) if (!this.#socketOf(nsp).active) this.#socketOf(nsp).connect();
    });
  }

  emit(message: Message): void {
    if (this.wants.has(message.nsp)) this.#turn(() => this.#emit(message));
  }

  /** What waits for a connection comes at any time, also when all is expected to be quiet: it does nothing. */
  #emit({ nsp, act, pad, blobs, ack }: Message): void {
    const socket = this.#socketOf(nsp);
    const item = this.#nextItem();
    const args = [{ item, act: socket.connected ? act : { do: "nothing" }, pad: "x".repeat(pad) }, ...blobsOf(blobs)];
    if (!ack) return void (this.#random.chance(0.2) ? socket.volatile : socket).emit("m", ...args);
    this.#ask(socket, args, (answer) => this.#site.saw("answerArrived", { sid: this.sid, expected: item, answer }));
  }

  /** In each of the ways that there are. */
  #ask(socket: Socket, args: readonly unknown[], answered: Answer): void {
    const ms = this.#random.between(20, 1500);
    switch (this.#random.pick(["callback", "volatile", "timed", "promise"] as const)) {
      case "callback":
        return void socket.emit("m", ...args, answered);
      case "volatile":
        return void socket.volatile.emit("m", ...args, answered);
      case "timed":
        return void socket.timeout(ms).emit("m", ...args, (error: Error | null, answer: unknown) => error ?? answered(answer));
      case "promise":
        return void socket.timeout(ms).emitWithAck("m", ...args).then(answered, () => {});
    }
  }

  // ---- what it hears

  #opened(): void {
    const { engine } = this.#manager;
    this.#connection?.giveWay();
    this.#connection = new ReleasedConnection(engine, this.#site, (nsp) => this.#socketOf(nsp), this.#kept);
    this.#site.saw("clientOpened", { client: this.number, sid: this.sid, good: true, waits: true });
  }

  #socketOf(nsp: string): Socket {
    let socket = this.#sockets.get(nsp);
    if (socket === undefined) this.#sockets.set(nsp, (socket = this.#createSocket(nsp)));
    return socket;
  }

  #createSocket(nsp: string): Socket {
    const socket = this.#manager.socket(nsp, { auth: (show: (auth: object) => void) => show({ ...this.auth }) });
    socket.on("connect", () => {
      // It may have changed its mind.
      if (!this.wants.has(nsp)) return void socket.disconnect();
      for (let sent = 0; sent < this.greetings; sent++) this.#emit({ ...greeting, nsp, ack: sent === 0 });
    });
    // It would stay away by itself. Namespaces are not given up here, whatever the server says.
    socket.on("disconnect", () => this.line.world.after(COMEBACK, () => this.insist()));
    socket.on("connect_error", () => this.line.world.after(COMEBACK, () => this.insist()));
    socket.on("e", (...args: unknown[]) => {
      const { item } = args[0] as { readonly item: string };
      this.#connection!.heard(socket.id!, item, typeof args.at(-1) === "string");
      const answer = args.at(-1);
      if (typeof answer === "function") this.#answer(answer as Answer, item);
    });
    return socket;
  }

  #answer(answer: Answer, item: string): void {
    const connection = this.#connection;
    if (this.answers === "never") return;
    // It would answer over the next connection too, where the number may be that of another question.
    const late = (): void => void (connection === this.#connection && this.isOpen && this.#turn(() => answer(item)));
    if (this.answers === "later") this.line.world.after(this.line.random.between(1, 800), late);
    else answer(item);
    if (this.answers === "twice") answer(item);
  }

  #turn(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#site.threw(error);
    }
    runJobs();
  }
}

const source = readFileSync(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"), "utf8");

/** A copy of the client for one page: it keeps state between its connections. */
function load(browser: Browser): typeof Manager {
  const globals = globalsOf(browser);
  const self: Record<string, unknown> = { ...globals };
  // Its own names for globals are parameters: on each engine, it then sees none but these.
  // oxlint-disable-next-line typescript/no-implied-eval
  new Function("self", "globalThis", ...Object.keys(globals), source)(self, self, ...Object.values(globals));
  return (self["io"] as { readonly Manager: typeof Manager }).Manager;
}
