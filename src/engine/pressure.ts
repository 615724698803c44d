import { endSlowConsumer } from "./endings.ts";
import type { Session } from "./session.ts";

/** Unsent bytes of all connections together, and input that waits. Past the limit, the connection with the most is closed. */
export class Pressure {
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #limit: () => number;
  /** Never less than the truth: what has drained since a session was last looked at still counts. */
  #total = 0;
  /** Of `#total`: what topics were sent since all sessions were last looked at, as if it were all still here. */
  #unseen = 0;
  /** Bytes of input that waits to be handled, of the few that have some. */
  readonly #inputs = new Map<Session, number>();

  constructor(sessions: ReadonlyMap<string, Session>, limit: () => number) {
    this.#sessions = sessions;
    this.#limit = limit;
  }

  /** `session` now holds `bytes`. */
  note(session: Session, bytes: number): void {
    this.#total += bytes - session.countedBytes;
    session.countedBytes = bytes;
    if (this.#total > this.#limit()) this.#relieve();
  }

  /** `session` now holds `bytes` that its client has sent. */
  noteInput(session: Session, bytes: number): void {
    this.#total += bytes - this.#inputOf(session);
    if (bytes === 0) this.#inputs.delete(session);
    else this.#inputs.set(session, bytes);
    if (this.#total > this.#limit()) this.#relieve();
  }

  /** Topics were sent `bytes`, of which no session knows. */
  noteUnseen(bytes: number): void {
    this.#unseen += bytes;
    this.#total += bytes;
    if (this.#total > this.#limit()) this.#relieve();
  }

  update(session: Session): void {
    this.#total += session.bufferedBytes - session.countedBytes;
    session.countedBytes = session.bufferedBytes;
  }

  forget(session: Session): void {
    this.#total -= session.countedBytes + this.#inputOf(session);
    session.countedBytes = 0;
    this.#inputs.delete(session);
  }

  #inputOf(session: Session): number {
    return this.#inputs.get(session) ?? 0;
  }

  #relieve(): void {
    this.#total -= this.#unseen;
    this.#unseen = 0;
    for (const session of this.#sessions.values()) this.update(session);
    while (this.#total > this.#limit()) {
      const largest = this.#largest();
      if (largest === undefined) return;
      // Listeners of limits hear of it before it ends: they may send to everybody, and come here again.
      this.forget(largest);
      endSlowConsumer(largest, "maxTotalBufferedBytes");
    }
  }

  #largest(): Session | undefined {
    let largest: Session | undefined;
    let most = 0;
    for (const session of this.#sessions.values()) {
      const bytes = session.countedBytes + this.#inputOf(session);
      if (bytes <= most) continue;
      largest = session;
      most = bytes;
    }
    return largest;
  }
}
