import type { Engine } from "../engine/engine.ts";
import type { Session } from "../engine/session.ts";
import type { Schedule } from "../schedule.ts";

/** How a server that closes lets its clients go. Milliseconds. */
export interface DrainOptions {
  /** In which everything that is emitted already may still leave. @default 5000 */
  readonly drain?: number;
  /** Over which the ends of the connections are spread, so that clients do not all come back at once. @default 0 */
  readonly spread?: number;
  /** After which, once every client was told, whatever is left is cut. @default 10_000 */
  readonly force?: number;
}

/** Milliseconds between two looks at whether everything is sent. Not every platform tells when it is. */
const LOOK_INTERVAL = 20;

/** Milliseconds in which the adapters must have closed. */
const CLOSE_TIME = 10_000;

/** Lets the clients of a server go in good order: no new ones, then what is buffered, then one after the other. */
export class Drain {
  readonly #engine: Engine;
  readonly #schedule: Schedule;
  #running: Promise<void> | undefined;
  /** Ends the wait of the moment. */
  #wake: (() => void) | undefined;
  #hurried = false;

  constructor(engine: Engine, schedule: Schedule) {
    this.#engine = engine;
    this.#schedule = schedule;
  }

  /** Calls `leave` for each connection in its turn. Whoever calls it again waits for the same. */
  run(options: DrainOptions, leave: (session: Session) => void): Promise<void> {
    this.#running ??= this.#run(options, leave).finally(() => {
      this.#running = undefined;
      this.#hurried = false;
    });
    return this.#running;
  }

  /** Waits for nothing any more. */
  hurry(): void {
    if (this.#running === undefined) return;
    this.#hurried = true;
    this.#wake?.();
  }

  /** Waits for those who leave once they have switched to a WebSocket. */
  async lastSwitches(): Promise<void> {
    const leaving = [...this.#engine.sessions.values()].filter(({ readyState }) => readyState === "closing");
    while (leaving.some(({ readyState }) => readyState !== "closed")) {
      await new Promise<void>((resolve) => void this.#schedule.after(LOOK_INTERVAL, resolve));
    }
  }

  async #run({ drain = 5000, spread = 0, force = 10_000 }: DrainOptions, leave: (session: Session) => void): Promise<void> {
    const { sessions } = this.#engine;
    this.#engine.refuseHandshakes();
    // What this turn emits is still on its way into the buffers.
    await this.#sleep(0);
    await this.#until(() => ![...sessions.values()].some(({ bufferedBytes }) => bufferedBytes > 0), drain);
    await this.#leaveInTurn([...sessions.values()], spread, leave);
    await this.#until(() => sessions.size === 0, force);
  }

  async #leaveInTurn(leaving: readonly Session[], spread: number, leave: (session: Session) => void): Promise<void> {
    const start = this.#schedule.now();
    for (const [index, session] of leaving.entries()) {
      const due = start + (index * spread) / leaving.length;
      if (due > this.#schedule.now()) await this.#sleep(due - this.#schedule.now());
      leave(session);
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

/** Settles when `work` does, or once it has taken too long; never rejects. */
export function settledInTime(schedule: Schedule, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = schedule.after(CLOSE_TIME, resolve);
    const done = (): void => {
      timer.cancel();
      resolve();
    };
    // Whoever did the work reports its failure.
    work.catch(() => {}).finally(done);
  });
}
