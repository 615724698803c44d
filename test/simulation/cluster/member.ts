import { CoreServer, type Namespace, type Socket } from "../../../src/index.ts";
import type { Reply, RequestLike } from "../../../src/platform.ts";
import type { Site } from "../network/site.ts";
import type { Saw } from "../observations.ts";
import { ServerProcess } from "../process.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import { BrokerAdapter, type Wire } from "./broker-adapter.ts";
import type { Broker, Subscriber } from "./broker.ts";
import type { Promises } from "./promises.ts";
import type { Questions } from "./questions.ts";

/** What all servers of a cluster share. */
export interface Surroundings {
  readonly world: World;
  readonly broker: Broker;
  readonly promises: Promises;
  readonly questions: Questions;
  readonly servers: number;
  readonly saw: Saw;
  readonly fail: (id: string, message: string) => void;
}

/** What a message between servers may be, to those who look on. */
interface Seen {
  readonly kind?: unknown;
  readonly nsp?: unknown;
  readonly packet?: { readonly data?: readonly [string, { readonly item?: string }] };
  readonly to?: { readonly rooms: readonly string[]; readonly except: readonly string[] };
}

export const namespaces = ["/", "/a"];

/** Milliseconds until a question that names no deadline is settled. */
const LONGEST = 30_000;

/** One life of a server of a cluster: its process, the core in it with an adapter on the broker, and its app. */
export class Member implements Site, Subscriber {
  /** No other life has it. */
  readonly number: number;
  readonly process: ServerProcess;
  readonly io: CoreServer;
  readonly manners = { opensLater: false, sharesFrames: false, sleeps: false };
  readonly saw: Saw;
  readonly #around: Surroundings;
  readonly #adapters = new Map<string, BrokerAdapter>();
  #exchanges = 0;
  #asks = 0;
  #items = 0;
  /** Questions to the other servers that are not answered yet. */
  openQuestions = 0;

  constructor(number: number, random: Random, around: Surroundings) {
    this.number = number;
    this.#around = around;
    this.saw = around.saw;
    this.process = new ServerProcess(around.world, random, {
      turnEnded: () => around.promises.turnEnded(number),
      threw: (error) => this.threw(error),
      reported: (message, error) => this.threw(new Error(`${message}: ${String(error)}`)),
    }, false, 0);
    // An arrow function, as adapters that were made for socket.io are.
    const adapter = (nsp: ConstructorParameters<typeof BrokerAdapter>[0]): BrokerAdapter => this.#createAdapter(nsp);
    this.io = new CoreServer({ adapter, httpCompression: false, serveClient: false, pingInterval: 1000, pingTimeout: 800 }, { host: this.process });
    this.io.engine.on("connection", (session) => {
      around.promises.begins(number, session.id);
      session.on("close", () => around.promises.ends(session.id));
    });
    this.io.diagnostics.on("handler_error", (error) => {
      if (!String(error).includes("the broker is gone")) this.threw(error);
    });
    for (const name of namespaces) this.#serve(this.io.of(name));
    around.broker.subscribe(number, this);
  }

  /** The process is gone without a word, with all that waited in it. */
  kill(): void {
    this.process.kill();
    this.#around.broker.lose(this.number);
    this.#around.promises.died(this.number);
    this.#around.questions.died(this.number);
  }

  // ---- what the app does

  broadcast(nsp: string, rooms: readonly string[], except: readonly string[], isLocal: boolean): string {
    const item = this.#nextItem();
    const namespace = this.io.of(nsp);
    this.#around.promises.reaches(this.number, item, this.#select(nsp, rooms, except), true);
    const target = namespace.in([...rooms]).except([...except]);
    (isLocal ? target.local : target).emit("e", { item, pad: "y".repeat(this.#items % 3) });
    return item;
  }

  /** Asks clients of all servers. */
  question(nsp: string, rooms: readonly string[], ms: number | undefined, isPromise: boolean): string {
    const { promises, questions, world } = this.#around;
    const item = `q${this.#nextItem()}`;
    promises.reaches(this.number, item, this.#select(nsp, rooms, []), true);
    questions.ask(this.number, item, world.now + (ms ?? LONGEST), this.process.pausedFor);
    const settled = (error: unknown, values: readonly unknown[]): void => questions.settled(item, error, values, world.now, this.process.pausedFor);
    const all = this.io.of(nsp).in([...rooms]);
    const target: Asking = ms === undefined ? all : all.timeout(ms);
    if (isPromise) target.emitWithAck("e", { item }).then((values) => settled(null, values), (error: Failure) => settled(error, error.responses ?? []));
    else target.emit("e", { item }, settled);
    return item;
  }

  tellOthers(nsp: string): void {
    this.io.of(nsp).serverSideEmit("note", this.#nextItem());
  }

  askOthers(nsp: string): void {
    this.openQuestions += 1;
    let isAnswered = false;
    this.io.of(nsp).serverSideEmit("who", (_error: unknown, answers: unknown[]) => {
      if (isAnswered) this.#around.fail("I13", "a question to the other servers was answered twice");
      if (answers.length > this.#around.servers - 1) this.#around.fail("I13", `${answers.length} servers answered`);
      isAnswered = true;
      this.openQuestions -= 1;
    });
  }

  /** Each socket that the cluster tells of, as `<id> <rooms>`. */
  async fetch(nsp: string): Promise<string[]> {
    return (await this.io.of(nsp).fetchSockets()).map(({ id, rooms }) => describe(id, rooms)).toSorted();
  }

  /** Each socket of this server, in the same form. */
  own(nsp: string): string[] {
    return this.#select(nsp, [], []).map(({ id, rooms }) => describe(id, rooms));
  }

  /** The connection of each socket of this server. */
  sids(nsp: string): string[] {
    return this.#select(nsp, [], []).map(({ conn }) => conn.id);
  }

  #serve(nsp: Namespace): void {
    nsp.on("connection", (socket) => {
      this.#around.promises.begins(this.number, `${nsp.name} ${socket.id}`);
      this.saw("joined", { socket: socket.id, sid: socket.conn.id, nsp: nsp.name, recovered: false });
      socket.onAnyOutgoing((_event, { item }: { readonly item: string }) => {
        this.#around.promises.sent(this.number, socket, item);
        this.#around.questions.sent(item);
      });
      socket.on("disconnect", () => this.#around.promises.ends(`${nsp.name} ${socket.id}`));
    });
    nsp.on("note", (item: string) => this.#around.promises.heard(this.number, item));
    nsp.on("who", (answer: (number: number) => void) => answer(this.number));
  }

  #select(nsp: string, rooms: readonly string[], except: readonly string[]): Socket[] {
    return [...this.io.of(nsp).sockets.values()].filter(({ connected, rooms: joined }) => {
      if (!connected || except.some((room) => joined.has(room))) return false;
      return rooms.length === 0 || rooms.some((room) => joined.has(room));
    });
  }

  #nextItem(): string {
    return `s${this.number}.${this.#items++}`;
  }

  // ---- between servers

  receive(message: string): void {
    const request = parse(message);
    if (request === undefined) return;
    const { kind, nsp, packet, to } = request as Seen;
    const item = packet?.data?.[1]?.item;
    if ((kind === "broadcast" || kind === "question") && item !== undefined && to !== undefined) {
      this.#around.promises.reaches(this.number, item, this.#select(String(nsp), to.rooms, to.except), false);
    }
    this.#adapters.get(String(nsp))?.receive(request as never);
  }

  #createAdapter(nsp: ConstructorParameters<typeof BrokerAdapter>[0]): BrokerAdapter {
    const { world, broker } = this.#around;
    const wire: Wire = {
      number: this.number,
      publish: (message) => broker.publish(this.number, message),
      after: (milliseconds, run) => world.after(milliseconds, () => this.input(run)),
      nextAsk: () => `${this.number}.${this.#asks++}`,
      count: () => broker.count(),
    };
    const adapter = new BrokerAdapter(nsp, wire);
    this.#adapters.set(nsp.name, adapter);
    return adapter;
  }

  // ---- the address of the server

  input(run: () => void): void {
    this.process.input(run);
  }

  clock(): number {
    return this.process.now();
  }

  handle(request: RequestLike): Promise<Reply | undefined> {
    return this.io.handle(request);
  }

  threw(error: unknown): void {
    this.#around.fail("I24", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  accepted(): void {}

  nextExchange(): number {
    return this.#exchanges++;
  }
}

interface Asking {
  emit(event: string, ...args: unknown[]): unknown;
  emitWithAck(event: string, ...args: unknown[]): Promise<readonly unknown[]>;
}

interface Failure {
  /** What came in time. */
  readonly responses?: readonly unknown[];
}

function parse(message: string): unknown {
  try {
    return JSON.parse(message) ?? undefined;
  } catch {
    return undefined;
  }
}

function describe(id: string, rooms: Iterable<string>): string {
  return `${id} ${[...rooms].toSorted().join()}`;
}
