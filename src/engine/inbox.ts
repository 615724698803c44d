import type { Message } from "../wire/codec.ts";
import { TransportError } from "./close-reason.ts";
import type { Session } from "./session.ts";

/** A frame, or what is to be done once the frames before it are handled. */
type Input = Message | (() => void);

/** Bytes that each takes beside its content. Else frames of one byte would take many times what the limit says. */
const TEXT_OVERHEAD = 64;
const OVERHEAD = 256;

/** Lets the input of one session through, in order: so much per turn, and none while a POST comes first. */
export class Inbox {
  readonly #session: Session;
  /** What waits; absent while nothing does. */
  #waiting: Input[] | undefined;
  #waitingBytes = 0;
  /** What was handled since a turn ended; never less than this turn's part of it. */
  #handled = 0;
  #awaitsEndOfTurn = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Whether the next packet may be handled at once. A flood of one client must not keep the others from their turn. */
  admits(): boolean {
    if (this.#waiting !== undefined || this.#postIsOpen) return false;
    const { owner } = this.#session;
    const { maxPacketsPerTurn } = owner.options.limits;
    this.#handled += 1;
    // Most turns bring one packet: to hear of the end of each would cost more than it tells.
    if (this.#handled * 2 > maxPacketsPerTurn) this.#awaitEndOfTurn();
    return this.#handled <= maxPacketsPerTurn;
  }

  #awaitEndOfTurn(): void {
    if (this.#awaitsEndOfTurn) return;
    this.#awaitsEndOfTurn = true;
    this.#session.owner.host.endOfTurn(() => {
      this.#awaitsEndOfTurn = false;
      this.#handled = 0;
    });
  }

  /** Whether something waits, which the next input must not overtake. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Handles this input once it is its turn. */
  add(input: Input): void {
    if (this.#waiting === undefined) {
      this.#waiting = [];
      this.#session.owner.host.defer(() => this.resume());
    }
    this.#waiting.push(input);
    this.#waitingBytes += sizeOf(input);
    const { owner } = this.#session;
    if (this.#waitingBytes <= owner.options.limits.maxBufferedBytes) return owner.pressure.noteInput(this.#session, this.#waitingBytes);
    owner.limitHit("maxBufferedBytes", this.#session);
    const message = "More input than can be handled: see the option limits.maxBufferedBytes";
    this.#session.end("transport error", new TransportError(message));
  }

  /** Handles what waits, as much as one turn may. */
  resume(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#postIsOpen) return;
    for (const input of waiting.splice(0, this.#session.owner.options.limits.maxPacketsPerTurn)) {
      this.#waitingBytes -= sizeOf(input);
      if (typeof input === "function") input();
      else this.#session.handleFrame(input);
    }
    // One of them may have ended the session.
    if (this.#waiting !== waiting) return;
    const { owner } = this.#session;
    owner.pressure.noteInput(this.#session, this.#waitingBytes);
    if (waiting.length > 0) owner.host.defer(() => this.resume());
    else this.#waiting = undefined;
  }

  clear(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
  }

  get #postIsOpen(): boolean {
    return this.#session.polling?.openPost !== undefined;
  }
}

function sizeOf(input: Input): number {
  return input.length + (typeof input === "string" ? TEXT_OVERHEAD : OVERHEAD);
}
