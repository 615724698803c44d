import { sweep } from "../adapter/recovery-store.ts";
import { Deadline, type DeadlineQueue } from "../schedule.ts";
import type { NamespaceParts } from "./parts.ts";

/** What is in the store of namespaces that are not here: clients make them, and perhaps do not any more. */
export class Leftovers {
  readonly #parts: NamespaceParts;
  readonly #isHere: (namespace: string) => boolean;
  readonly #deadline = new Deadline<Leftovers>(this);
  readonly #queue: DeadlineQueue<Leftovers>;

  constructor(parts: NamespaceParts, isHere: (namespace: string) => boolean) {
    this.#parts = parts;
    this.#isHere = isHere;
    this.#queue = parts.schedule.queue((leftovers) => leftovers.sweep());
  }

  /** Forgets what nobody can come back for. An object that sleeps may not start again for that, so it looks again in time. */
  sweep(): void {
    const { options, recoveryStore, host, faults } = this.#parts;
    const { connectionStateRecovery: recovery } = options;
    const store = recovery?.store ?? recoveryStore;
    if (store === undefined || (recovery === undefined && host.sleeps !== true)) return;
    // An object whose recovery is off now still has what it had: nobody comes back for it.
    const { maxDisconnectionDuration = -Infinity } = recovery ?? {};
    faults.run({ phase: "recovery store" }, () => {
      const oldest = sweep(store, host.wallClock() - maxDisconnectionDuration, this.#isHere);
      if (oldest === undefined || host.sleeps !== true) return;
      this.#queue.add(this.#deadline, host.now() + oldest + maxDisconnectionDuration + 1 - host.wallClock());
    });
  }
}
