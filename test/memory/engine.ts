import type { CloseReason } from "../../src/engine/close-reason.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { ConnectionError } from "../../src/engine/engine-events.ts";
import { type EngineHooks, webHooks } from "../../src/engine/hooks.ts";
import { type EngineOptions, resolveEngineOptions } from "../../src/engine/options.ts";
import type { EngineHandler, SessionHandler } from "../../src/engine/session-contract.ts";
import type { Session } from "../../src/engine/session.ts";
import { createLogs } from "../../src/log.ts";
import type { Reply, RequestLike } from "../../src/platform.ts";
import { Schedule } from "../../src/schedule.ts";
import { Batch } from "../../src/wire/batch.ts";
import type { Message } from "../../src/wire/codec.ts";
import type { Service } from "./client.ts";
import { MemoryHost } from "./host.ts";

/** One session, seen from the layer above the engine. */
export class SeenSession implements SessionHandler {
  readonly conn: Session;
  readonly pendingBytes = 0;
  readonly messages: Message[] = [];
  readonly pressures: number[] = [];
  droppedPackets = 0;
  /** Present once the session has ended. */
  end: { readonly reason: CloseReason; readonly description: unknown } | undefined;
  /** What came after the end, which nothing may. */
  readonly late: string[] = [];
  readonly #onMessage: (message: Message, seen: SeenSession) => void;

  constructor(conn: Session, onMessage: (message: Message, seen: SeenSession) => void) {
    this.conn = conn;
    this.#onMessage = onMessage;
  }

  /** Sends one message, as the layer above does. */
  deliver(...messages: readonly Message[]): void {
    this.conn.deliver(new Batch(messages));
  }

  get reason(): CloseReason | undefined {
    return this.end?.reason;
  }

  /** The text of the description that the end came with. */
  get description(): string | undefined {
    return (this.end?.description as Error | undefined)?.message;
  }

  receive(message: Message): void {
    if (this.end !== undefined) this.late.push("receive");
    this.messages.push(message);
    this.#onMessage(message, this);
  }

  dropped(packets: number): void {
    this.droppedPackets += packets;
  }

  relieved(): void {
    if (this.end !== undefined) this.late.push("relieved");
  }

  pressed(bufferedBytes: number): void {
    if (this.end !== undefined) this.late.push("pressed");
    this.pressures.push(bufferedBytes);
  }

  closed(reason: CloseReason, description?: unknown): void {
    if (this.end !== undefined) this.late.push("closed");
    this.end = { reason, description };
  }
}

/** A failure of an app's callback. */
export interface Fault {
  readonly error: unknown;
  readonly phase: string;
  readonly event: string | symbol | undefined;
}

/** What a test may decide about the layers around the engine. */
export interface Surroundings {
  readonly host?: MemoryHost;
  readonly hooks?: EngineHooks;
  /** Whether there is room for one more session. */
  readonly admits?: () => boolean;
  /** Hears of each session whose snapshot would be another one now. */
  readonly changed?: (session: Session) => void;
  /** Called with each message, in the turn in which it is received. */
  readonly onMessage?: (message: Message, seen: SeenSession) => void;
}

/** An `Engine` without a server above it: everything that it says is recorded. */
export class MemoryEngine implements EngineHandler, Service {
  readonly host: MemoryHost;
  readonly schedule: Schedule;
  readonly engine: Engine;
  readonly sessions: SeenSession[] = [];
  readonly faults: Fault[] = [];
  readonly limitHits: string[] = [];
  readonly refused: ConnectionError[] = [];
  readonly #surroundings: Surroundings;

  constructor(options: EngineOptions = {}, surroundings: Surroundings = {}) {
    this.#surroundings = surroundings;
    const { host = new MemoryHost(), hooks = webHooks, changed } = surroundings;
    this.host = host;
    this.schedule = new Schedule(host);
    const logs = createLogs(host);
    const resolved = resolveEngineOptions(options);
    this.engine = new Engine({ options: resolved, host, schedule: this.schedule, logs, hooks, handler: this, changed });
    this.engine.on("connection_error", (error) => void this.refused.push(error));
  }

  handle(request: RequestLike): Promise<Reply> {
    return this.engine.handle(request);
  }

  /** The session that was made last. */
  get last(): SeenSession {
    return this.sessions.at(-1)!;
  }

  /** In how many milliseconds something is due, cancelled timers aside; `Infinity` when nothing is. */
  async nextTimer(): Promise<number> {
    this.schedule.after(0, () => {});
    await this.host.advance(0);
    return (this.host.nextWakeUp ?? Infinity) - this.host.now();
  }

  connected(session: Session): SessionHandler {
    const seen = new SeenSession(session, this.#surroundings.onMessage ?? (() => {}));
    this.sessions.push(seen);
    return seen;
  }

  admits(): boolean {
    return this.#surroundings.admits?.() ?? true;
  }

  faulted(error: unknown, phase: string, event?: string | symbol): void {
    this.faults.push({ error, phase, event });
  }

  limitHit(name: string): void {
    this.limitHits.push(name);
  }
}
