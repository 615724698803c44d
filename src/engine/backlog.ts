import type { WebSocketLike } from "../platform.ts";
import type { Schedule, Timer } from "../schedule.ts";
import { OutgoingQueue } from "./outgoing-queue.ts";
import type { Outgoing } from "./revision.ts";

/** Milliseconds between two looks for room, on platforms that do not tell. */
const LOOK_INTERVAL = 100;

/**
 * What a WebSocket whose client reads slowly is not given yet.
 *
 * Platforms do not take back what they were given; what waits here can still be dropped (option `slowConsumer`).
 */
export class Backlog {
  readonly queue: OutgoingQueue = new OutgoingQueue();
  readonly #schedule: Schedule;
  readonly #highWaterMark: number;
  #timer: Timer | undefined;

  constructor(schedule: Schedule, highWaterMark: number) {
    this.#schedule = schedule;
    this.#highWaterMark = highWaterMark;
  }

  /** Whether what is sent next must wait here. */
  holdsBack(ws: WebSocketLike): boolean {
    return !this.queue.isEmpty || ws.bufferedAmount >= this.#highWaterMark;
  }

  /** Writes what waits, as far as it is told to. */
  flush(ws: WebSocketLike, write: (item: Outgoing) => void, extent: "all" | "what there is room for"): void {
    const limit = extent === "all" ? Infinity : this.#highWaterMark;
    while (!this.queue.isEmpty && ws.bufferedAmount < limit) write(this.queue.shift()!);
    // Only now: whoever hears of a write may have sent more, which comes here too.
    this.#timer?.cancel();
    if (this.queue.isEmpty) return;
    this.#timer = this.#schedule.after(LOOK_INTERVAL, () => this.flush(ws, write, extent));
  }

  clear(): void {
    this.#timer?.cancel();
    this.queue.takeAll();
  }
}
