import { TransportError } from "./close-reason.ts";
import type { Session } from "./session.ts";

/** Something that a client sent, and what to do with it. */
interface Input {
  readonly bytes: number;
  readonly handle: () => void;
}

/** Lets the input of one session through, in order: so much per turn, and none while a POST comes first. */
export class Inbox {
  readonly #session: Session;
  /** What waits; absent while nothing does. */
  #waiting: Input[] | undefined;
  #waitingBytes = 0;
  #turn = 0;
  #handledThisTurn = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether the next packet may be handled at once. A flood of one client must not keep the others from their turn. */
  admits(): boolean {
    if (this.#waiting !== undefined || this.#postIsOpen) return false;
    const { owner } = this.#session;
    const turn = owner.turn();
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#handledThisTurn = 0;
    }
    this.#handledThisTurn += 1;
    return this.#handledThisTurn <= owner.options.limits.maxPacketsPerTurn;
  }

  /** Whether something waits, which the next input must not overtake. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Handles this input once it is its turn. */
  add(bytes: number, handle: () => void): void {
    if (this.#waiting === undefined) {
      this.#waiting = [];
      this.#session.owner.host.defer(() => this.resume());
    }
    this.#waiting.push({ bytes, handle });
    this.#waitingBytes += bytes;
    if (this.#waitingBytes <= this.#session.owner.options.limits.maxBufferedBytes) return;
    const message = "More input than can be handled: see the option limits.maxBufferedBytes";
    this.#session.end("transport error", new TransportError(message));
  }

  /** Handles what waits, as much as one turn may. */
  resume(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#postIsOpen) return;
    for (const { bytes, handle } of waiting.splice(0, this.#session.owner.options.limits.maxPacketsPerTurn)) {
      this.#waitingBytes -= bytes;
      handle();
    }
    if (waiting.length > 0) this.#session.owner.host.defer(() => this.resume());
    else if (this.#waiting === waiting) this.#waiting = undefined;
  }

  clear(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }

  get #postIsOpen(): boolean {
    return this.#session.polling?.openPost !== undefined;
  }
}
