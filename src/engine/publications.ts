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
  /** Since the last look: the most that a session does not know of. */
  #bytes = 0;
  readonly #audiences = new Set<Audience>();

  constructor(pressure: Pressure, limits: () => Limits) {
    this.#pressure = pressure;
    this.#limits = limits;
  }

  /** The most that goes out at once past sessions, and half of what does before they are looked at; in bytes: a quarter of what makes a difference. */
  get most(): number {
    const { highWaterMark, maxBufferedBytes } = this.#limits();
    return Math.min(highWaterMark, maxBufferedBytes) / 4;
  }

  /** `size` bytes, no more than `most`, went to `audience`. */
  count(audience: Audience, size: number): void {
    this.#bytes += size;
    this.#audiences.add(audience);
    this.#pressure.noteUnseen(size * audience.size);
    if (this.#bytes > this.most) this.#look();
  }

  #look(): void {
    const audiences = [...this.#audiences];
    // First: those that are found to be slow end, and whoever hears of it may send to others.
    this.#audiences.clear();
    this.#bytes = 0;
    for (const audience of audiences) audience.forEach((session) => session.look());
  }
}
