import type { RecoveryStore } from "../../src/index.ts";

/** A store in memory, which outlives the servers that use it. */
export class MapStore implements RecoveryStore {
  values = new Map<string, unknown>();
  writes = 0;
  fails = false;

  /** What is here, for the next process; of what this one still does, nothing stays. */
  takeOver(): MapStore {
    const next = new MapStore();
    next.values = this.values;
    this.values = new Map();
    return next;
  }

  put(key: string, value: unknown): void {
    if (this.fails) throw new Error("full");
    this.writes += 1;
    this.values.set(key, structuredClone(value));
  }

  delete(key: string): boolean {
    return this.values.delete(key);
  }

  *list({ prefix }: { readonly prefix: string }): Iterable<[string, unknown]> {
    for (const [key, value] of this.values) if (key.startsWith(prefix)) yield [key, structuredClone(value)];
  }
}
