import type { Host } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import { SocketDisconnectedError } from "./reasons.ts";

/** An answer that is still awaited. */
export interface PendingAck {
  answered(args: readonly unknown[]): void;
  /** The socket left first. Absent where nobody on this server hears of it: the answer is for another one. */
  readonly lost?: (() => void) | undefined;
}

/** The answers that one socket still owes, by packet id. Each is settled once. */
export class Acks {
  #pending: Map<number, PendingAck> | undefined;

  get size(): number {
    return this.#pending?.size ?? 0;
  }

  /** Whether one more may be awaited. What other servers do not say they have given up makes room, the oldest first. */
  hasRoom(limit: number): boolean {
    if (this.size < limit) return true;
    for (const [id, { lost }] of this.#pending ?? []) {
      if (lost === undefined) return this.#pending?.delete(id) === true;
    }
    return false;
  }

  add(id: number, pending: PendingAck): void {
    this.#pending ??= new Map();
    this.#pending.set(id, pending);
  }

  answer(id: number, args: readonly unknown[]): void {
    this.#take(id)?.answered(args);
  }

  /** Nobody waits for this answer any more. */
  forget(id: number): void {
    this.#pending?.delete(id);
  }

  /** Nobody will answer any more. Returns how many were still awaited. */
  loseAll(): number {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending === undefined) return 0;
    for (const ack of pending.values()) ack.lost?.();
    return pending.size;
  }

  #take(id: number): PendingAck | undefined {
    const pending = this.#pending?.get(id);
    this.#pending?.delete(id);
    return pending;
  }
}

/** What is done with an answer, or with the error in its place. */
export type Settle = (error: Error | null, args: readonly unknown[]) => void;

/** Awaits the answer to packet `id`, for `timeout` milliseconds at most where it is given. */
export function awaitAnswer(acks: Acks, id: number, schedule: Schedule, timeout: number | undefined, settle: Settle): void {
  const timer = timeout === undefined ? undefined : schedule.after(timeout, () => {
    acks.forget(id);
    settle(new Error("operation has timed out"), []);
  });
  const settled: Settle = (error, args) => {
    timer?.cancel();
    settle(error, args);
  };
  acks.add(id, { answered: (args) => settled(null, args), lost: () => settled(new SocketDisconnectedError(), []) });
}

/** Nobody is there to answer. Whoever asks until there is an answer must not keep the process from anything else meanwhile. */
export function loseLater(host: Host, schedule: Schedule, timeout: number | undefined, settle: Settle): void {
  const lose = (): void => settle(new SocketDisconnectedError(), []);
  if (timeout === undefined) host.defer(lose);
  else schedule.after(timeout, lose);
}
