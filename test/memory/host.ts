import type { Host, LogWriter } from "../../src/platform.ts";

/** Promise jobs that one turn may chain; far more than the longest path through the core takes. */
const JOBS = 60;

/** Deferred tasks after which `settle` concludes that they never end. */
const ENDLESS = 100_000;

/** One line of a debug scope. */
export interface LogLine {
  readonly scope: string;
  readonly format: string;
  readonly args: readonly unknown[];
}

/**
 * A world in which time passes only when a test says so.
 *
 * A turn is what runs between two visits to the platform: an input, its promise jobs, then its end-of-turn tasks.
 */
export class MemoryHost implements Host {
  /** What `warn` and `reportError` were told, and what the core logged while `debug` was on. */
  readonly warnings: string[] = [];
  readonly reports: { readonly message: string; readonly error: unknown }[] = [];
  readonly lines: LogLine[] = [];
  /** Every time that a wake-up was asked for. */
  readonly wakeUps: number[] = [];
  readonly hasTopics: boolean;
  readonly #debug: boolean;
  readonly #randomWord: () => number;
  #now = 5_000;
  #alarm: { readonly time: number; readonly tick: (now: number) => void } | undefined;
  #deferred: (() => void)[] = [];
  #turnTasks: (() => void)[] = [];

  constructor({ seed = 1, debug = false, hasTopics = false }: { readonly seed?: number; readonly debug?: boolean; readonly hasTopics?: boolean } = {}) {
    this.hasTopics = hasTopics;
    this.#debug = debug;
    this.#randomWord = randomWords(seed);
  }

  // ---- what tests do with it

  /** Lets the current turn end: promise jobs and end-of-turn tasks. Deferred tasks stay where they are. */
  async endTurn(): Promise<void> {
    await runJobs();
    while (this.#turnTasks.length > 0) {
      for (const task of this.#turnTasks.splice(0)) task();
      await runJobs();
    }
  }

  /** Ends the current turn, then runs one deferred task in a turn of its own; says whether there was one. */
  async nextTurn(): Promise<boolean> {
    await this.endTurn();
    const task = this.#deferred.shift();
    if (task === undefined) return false;
    task();
    await this.endTurn();
    return true;
  }

  /** Lets everything happen that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turns = 0; await this.nextTurn(); turns++) {
      if (turns === ENDLESS) throw new Error("Deferred tasks never end");
    }
  }

  /** Lets `milliseconds` pass, with a tick at each moment that asked for one. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await this.settle();
    while (this.#alarm !== undefined && this.#alarm.time <= end) {
      this.#now = Math.max(this.#now, this.#alarm.time);
      this.#ring();
      await this.settle();
    }
    this.#now = end;
  }

  /**
   * The process stands still for `milliseconds`; then comes the tick that is overdue, if there is one.
   *
   * What the test feeds before `settle` is input that waited in the platform meanwhile.
   */
  stall(milliseconds: number): void {
    this.#now += milliseconds;
    if (this.#alarm !== undefined && this.#alarm.time <= this.#now) this.#ring();
  }

  /** When the next tick comes, or `undefined` when nobody asked for one. */
  get nextWakeUp(): number | undefined {
    return this.#alarm?.time;
  }

  #ring(): void {
    const { tick } = this.#alarm!;
    this.#alarm = undefined;
    tick(this.#now);
  }

  // ---- what the core does with it

  now(): number {
    return this.#now;
  }

  wallClock(): number {
    return Date.UTC(2030, 0, 1) + this.#now;
  }

  random(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#randomWord() & 255);
  }

  /** The process that asked to be woken is gone. */
  forgetAlarm(): void {
    this.#alarm = undefined;
  }

  wakeAt(time: number, tick: (now: number) => void): void {
    this.wakeUps.push(time);
    if (this.#alarm === undefined || time < this.#alarm.time) this.#alarm = { time, tick };
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  endOfTurn(task: () => void): void {
    this.#turnTasks.push(task);
  }

  bytes(data: Uint8Array): Uint8Array {
    return data;
  }

  log(scope: string): LogWriter | undefined {
    return this.#debug ? (format, ...args) => void this.lines.push({ scope, format, args }) : undefined;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  reportError(message: string, error: unknown): void {
    this.reports.push({ message, error });
  }
}

async function runJobs(): Promise<void> {
  for (let jobs = 0; jobs < JOBS; jobs++) await Promise.resolve();
}

/** Marsaglia's xorshift, 32 bits: the same seed gives the same numbers everywhere. */
function randomWords(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
