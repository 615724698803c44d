import type { Host, LogWriter } from "../../src/platform.ts";
import type { Random } from "./random.ts";
import { runJobs } from "./turn.ts";
import type { World } from "./world.ts";

/** What the simulation hears of a server's process. */
export interface ProcessObserver {
  /** A turn is over: an input, its promise jobs and its end-of-turn tasks. */
  turnEnded(): void;
  /** Something left the core as an exception. */
  threw(error: unknown): void;
  reported(message: string, error: unknown): void;
}

/**
 * The process that a server runs in: the core's `Host`, under virtual time.
 *
 * Everything that reaches the server is an input, and gets a turn of its own. While the process stands still, inputs wait; when it goes on,
 * the overdue tick comes first, then what waited, then deferred tasks: the order of Node's event loop.
 */
export class ServerProcess implements Host {
  readonly sleeps: boolean;
  /** Added to what the wall clock says. */
  clockError = 0;
  /** How late each alarm comes, and whether it comes twice. */
  alarmManners: { readonly lateness: () => number; readonly twice: () => boolean } = { lateness: () => 0, twice: () => false };
  /** Milliseconds until a deferred task has its turn: more than none where the process is busy. */
  deferral: () => number = () => 0;
  readonly #world: World;
  readonly #random: Random;
  readonly #observer: ProcessObserver;
  #alarm: { readonly time: number; readonly tick: (now: number) => void; readonly maySleep: boolean } | undefined;
  #turnTasks: (() => void)[] = [];
  /** When it last went on after a pause. */
  resumedAt = -Infinity;
  #pausedAt: number | undefined;
  #pausedFor: number;
  #waiting: (() => void)[] = [];
  #waitingDeferred: (() => void)[] = [];
  #dead = false;
  #lastDeferred = 0;
  /** Inputs and tasks on their way to a turn. */
  #expected = 0;

  /** `pausedBefore`: milliseconds for which the processes before this one stood still. */
  constructor(world: World, random: Random, observer: ProcessObserver, sleeps: boolean, pausedBefore: number) {
    this.#pausedFor = pausedBefore;
    this.#world = world;
    this.#random = random;
    this.#observer = observer;
    this.sleeps = sleeps;
  }

  // ---- what the simulation does with it

  get isPaused(): boolean {
    return this.#pausedAt !== undefined;
  }

  /** Milliseconds for which it, and those before it, stood still so far. */
  get pausedFor(): number {
    return this.#pausedFor + (this.#pausedAt === undefined ? 0 : this.#world.now - this.#pausedAt);
  }

  /** When the next tick comes. */
  get alarmTime(): number | undefined {
    return this.#alarm?.time;
  }

  /** Whether nothing waits for a turn. */
  get isIdle(): boolean {
    return !this.isPaused && this.#expected === 0;
  }

  /** Whether all that is due is in snapshots, so that the process may go. */
  get mayGo(): boolean {
    return this.#alarm?.maySleep !== false;
  }

  /** Something reaches the server. */
  input(run: () => void): void {
    this.#expected += 1;
    this.#world.at(this.#world.now, () => {
      this.#expected -= 1;
      if (this.#dead) return;
      if (this.isPaused) this.#waiting.push(run);
      else this.turn(run);
    });
  }

  /** The process stands still, and so does what is on its way into it. */
  pause(milliseconds: number): void {
    if (this.isPaused) return;
    this.#pausedAt = this.#world.now;
    this.#world.after(milliseconds, () => this.#resume());
  }

  /** Ends a pause before its time. */
  goOn(): void {
    this.#world.at(this.#world.now, () => this.#resume());
  }

  /** The process is gone: nothing reaches it any more. */
  kill(): void {
    this.#dead = true;
    this.#alarm = undefined;
  }

  /** Runs one turn to its end. */
  turn(run: () => void): void {
    this.#call(run);
    runJobs();
    while (this.#turnTasks.length > 0) {
      for (const task of this.#turnTasks.splice(0)) this.#call(task);
      runJobs();
    }
    this.#observer.turnEnded();
  }

  #resume(): void {
    if (this.#pausedAt === undefined) return;
    this.#pausedFor = this.pausedFor;
    this.resumedAt = this.#world.now;
    this.#pausedAt = undefined;
    this.#ringIfDue();
    for (const run of this.#waiting.splice(0)) if (!this.#dead) this.turn(run);
    for (const run of this.#waitingDeferred.splice(0)) this.defer(run);
  }

  #call(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#observer.threw(error);
    }
  }

  #ringIfDue(): void {
    if (this.isPaused || this.#dead || this.#alarm === undefined || this.#alarm.time > this.#world.now) return;
    const { tick } = this.#alarm;
    this.#alarm = undefined;
    this.turn(() => tick(this.#world.now));
    if (this.alarmManners.twice()) this.input(() => tick(this.#world.now));
  }

  // ---- what the core does with it

  now(): number {
    return this.#world.now + 1000;
  }

  wallClock(): number {
    return 1_900_000_000_000 + this.#world.now + this.clockError;
  }

  random(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at++) bytes[at] = this.#random.below(256);
    return bytes;
  }

  wakeAt(time: number, tick: (now: number) => void, maySleep: boolean): void {
    const due = time - 1000;
    this.#alarm = { time: due, tick: () => tick(this.now()), maySleep };
    this.#world.at(due + this.alarmManners.lateness(), () => this.#ringIfDue());
  }

  defer(task: () => void): void {
    this.#lastDeferred = Math.max(this.#lastDeferred, this.#world.now + this.deferral());
    this.#expected += 1;
    this.#world.at(this.#lastDeferred, () => {
      this.#expected -= 1;
      if (this.#dead) return;
      if (this.isPaused) this.#waitingDeferred.push(task);
      else this.turn(task);
    });
  }

  endOfTurn(task: () => void): void {
    this.#turnTasks.push(task);
  }

  bytes(data: Uint8Array): Uint8Array {
    return data;
  }

  log(): LogWriter | undefined {
    return undefined;
  }

  warn(): void {}

  reportError(message: string, error: unknown): void {
    this.#observer.reported(message, error);
  }
}
