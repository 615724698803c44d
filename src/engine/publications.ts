import type { Limits } from "./limits.ts";
import type { Pressure } from "./pressure.ts";
import type { Session } from "./session.ts";

/** Sessions that a topic reaches. */
export interface Audience {
  readonly size: number;
  forEach(visit: (session: Session) => void): void;
}

/** What the platform sends to topics goes past the sessions: it is counted here, and they are looked at from time to time. */
export class Publications {
  readonly #pressure: Pressure;
  readonly #limits: () => Limits;
  readonly #defer: (task: () => void) => void;
  /** Since the last look: the most that a session does not know of. */
  #bytes = 0;
  readonly #audiences = new Set<Audience>();

  constructor(pressure: Pressure, limits: () => Limits, defer: (task: () => void) => void) {
    this.#pressure = pressure;
    this.#limits = limits;
    this.#defer = defer;
  }

  /** Whether the sessions must be looked at before more goes past them. */
  get isLookDue(): boolean {
    return this.#bytes > this.most;
  }

  /** A quarter of the smaller limit, in bytes: one publication may be that large, and that much goes out between two looks, plus one. */
  get most(): number {
    const { highWaterMark, maxBufferedBytes } = this.#limits();
    return Math.min(highWaterMark, maxBufferedBytes) / 4;
  }

  /** `size` bytes, no more than `most`, went to `audience`. */
  count(audience: Audience, size: number): void {
    const wasDue = this.isLookDue;
    this.#bytes += size;
    this.#audiences.add(audience);
    this.#pressure.noteUnseen(size * audience.size);
    // The platform may hand it on to the WebSockets only after this turn.
    if (this.isLookDue && !wasDue) this.#defer(() => this.#look());
  }

  #look(): void {
    const audiences = [...this.#audiences];
    // First: those that are found to be slow end, and whoever hears of it may send to others.
    this.#audiences.clear();
    this.#bytes = 0;
    for (const audience of audiences) audience.forEach((session) => session.look());
  }
}
