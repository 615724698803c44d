import { endSlowConsumer } from "./endings.ts";
import type { Session } from "./session.ts";

/** Unsent bytes of all connections together. Past the limit, the one with the most is closed. */
export class Pressure {
  readonly #sessions: ReadonlyMap<string, Session>;
  readonly #limit: () => number;
  /** Never less than the truth: what has drained since a session was last looked at still counts. */
  #total = 0;

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

  update(session: Session): void {
    this.#total += session.bufferedBytes - session.countedBytes;
    session.countedBytes = session.bufferedBytes;
  }

  forget(session: Session): void {
    this.#total -= session.countedBytes;
    session.countedBytes = 0;
  }

  #relieve(): void {
    for (const session of this.#sessions.values()) this.update(session);
    while (this.#total > this.#limit()) {
      const largest = this.#largest();
      if (largest === undefined) return;
      endSlowConsumer(largest, "maxTotalBufferedBytes");
    }
  }

  #largest(): Session | undefined {
    let largest: Session | undefined;
    for (const session of this.#sessions.values()) {
      if (session.countedBytes > (largest?.countedBytes ?? 0)) largest = session;
    }
    return largest;
  }
}
