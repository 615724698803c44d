import type { Batch } from "../wire/batch.ts";

/** A socket that comes back, while its middlewares still decide: what is sent to it waits its turn. */
export class Return {
  readonly #peer: { close(): void };
  readonly #maxBytes: number;
  readonly #events: (unknown[] | Batch)[];
  #bytes = 0;

  /** `missed` comes first. A peer for which more than `maxBytes` would wait beside that is closed. */
  constructor(peer: { close(): void }, missed: readonly (unknown[] | Batch)[], maxBytes: number) {
    this.#peer = peer;
    this.#events = [...missed];
    this.#maxBytes = maxBytes;
  }

  /** All that its client gets before it is told that it is back. */
  get events(): readonly (unknown[] | Batch)[] {
    return this.#events;
  }

  hold(batch: Batch): void {
    this.#bytes += batch.size;
    if (this.#bytes > this.#maxBytes) return this.#peer.close();
    this.#events.push(batch);
  }
}
