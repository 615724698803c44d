import type { Engine } from "../engine/engine.ts";
import { goAwayAtOnce } from "../engine/endings.ts";
import { type OptionKind, amount, checkOptions } from "../engine/option-checks.ts";
import type { Session } from "../engine/session.ts";
import type { Schedule } from "../schedule.ts";

/** How a server that closes lets its clients go. Milliseconds. */
export interface DrainOptions {
  /** In which everything that is emitted already may still leave. @default 5000 */
  readonly drain?: number;
  /** Over which the ends of the connections are spread, so that clients do not all come back at once; finite. @default 0 */
  readonly spread?: number;
  /** After which, once every client was told, whatever is left is cut; and adapters that keep sockets are waited for. @default 10_000 */
  readonly force?: number;
}

/** Milliseconds between two looks at whether everything is sent. Not every platform tells when it is. */
const LOOK_INTERVAL = 20;

/** Milliseconds in which the adapters must have closed, and before that, kept the sockets that may come back. */
export const CLOSE_TIME = 10_000;

const drainOptionKinds: Readonly<Record<keyof DrainOptions, OptionKind>> = {
  drain: amount,
  spread: { expected: "a finite number, 0 or more", fits: (value) => amount.fits(value) && Number.isFinite(value) },
  force: amount,
};

/** What closes above the engine. */
interface Closing {
  /** The server goes, and with it this connection. */
  leave(session: Session): void;
  /** Every namespace, with its adapter, which has so many milliseconds to keep the sockets that may come back. */
  closeNamespaces(limit: number): Promise<unknown>;
}

/** Lets the clients of a server go in good order: no new ones, then what is buffered, then one after the other. */
export class Drain {
  readonly #engine: Engine;
  readonly #schedule: Schedule;
  readonly #closing: Closing;
  #running: Promise<number> | undefined;
  /** Ends the wait of the moment. */
  #wake: (() => void) | undefined;
  #hurried = false;

  constructor(engine: Engine, schedule: Schedule, closing: Closing) {
    this.#engine = engine;
    this.#schedule = schedule;
    this.#closing = closing;
  }

  /** Resolves to the time at which `force` is over. Whoever calls it again waits for the same. Throws a `TypeError` for options that cannot work. */
  run(options: DrainOptions): Promise<number> {
    checkOptions(options, drainOptionKinds, "close.");
    this.#running ??= this.#run(options).finally(() => {
      this.#running = undefined;
      this.#hurried = false;
    });
    return this.#running;
  }

  /** Waits for nothing any more. Resolves to the time at which whatever is left is to be cut: never. */
  async endAtOnce(): Promise<number> {
    if (this.#running !== undefined) this.#hurried = true;
    this.#wake?.();
    const closed = settledInTime(this.#schedule, this.#closing.closeNamespaces(CLOSE_TIME), CLOSE_TIME);
    this.#engine.close();
    await Promise.all([closed, this.#lastSwitches()]);
    return Infinity;
  }

  async #run(options: DrainOptions): Promise<number> {
    const force = options.force ?? 10_000;
    const { sessions } = this.#engine;
    this.#engine.refuseHandshakes();
    // What this turn emits is still on its way into the buffers.
    await this.#sleep(0);
    await this.#until(() => ![...sessions.values()].some(({ bufferedBytes }) => bufferedBytes > 0), options.drain ?? 5000);
    await this.#leaveInTurn([...sessions.values()], options.spread ?? 0);
    const cutAt = this.#schedule.now() + force;
    // Clients fetch their last packets meanwhile.
    const limit = Math.min(force, CLOSE_TIME);
    const closed = settledInTime(this.#schedule, this.#closing.closeNamespaces(limit), limit);
    await this.#until(() => sessions.size === 0, force);
    if (!this.#hurried) for (const session of [...sessions.values()]) goAwayAtOnce(session);
    this.#engine.close();
    await Promise.all([closed, this.#lastSwitches()]);
    return cutAt;
  }

  /** Waits for those who leave once they have switched to a WebSocket. */
  async #lastSwitches(): Promise<void> {
    const leaving = [...this.#engine.sessions.values()].filter(({ readyState }) => readyState === "closing");
    while (leaving.some(({ readyState }) => readyState !== "closed")) {
      await new Promise<void>((resolve) => void this.#schedule.after(LOOK_INTERVAL, resolve));
    }
  }

  async #leaveInTurn(leaving: readonly Session[], spread: number): Promise<void> {
    const start = this.#schedule.now();
    for (const [index, session] of leaving.entries()) {
      const due = start + (index * spread) / leaving.length;
      if (due > this.#schedule.now()) await this.#sleep(due - this.#schedule.now());
      this.#closing.leave(session);
    }
  }

  async #until(isDone: () => boolean, limit: number): Promise<void> {
    const end = this.#schedule.now() + limit;
    while (!this.#hurried && !isDone() && this.#schedule.now() < end) {
      await this.#sleep(Math.min(LOOK_INTERVAL, end - this.#schedule.now()));
    }
  }

  #sleep(milliseconds: number): Promise<void> {
    if (this.#hurried) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#schedule.after(milliseconds, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }
}

/** Settles when `work` does, or once it has taken `limit` milliseconds; never rejects. */
export function settledInTime(schedule: Schedule, work: Promise<unknown>, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = schedule.after(limit, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    // Whoever did the work reports its failure.
    work.catch(() => {}).finally(done);
  });
}
