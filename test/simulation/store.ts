import type { RecoveryStore } from "../../src/index.ts";

/** The storage of an object that sleeps: it outlives the process. */
export class SimulatedStore implements RecoveryStore {
  readonly #values = new Map<string, unknown>();

  get keys(): string[] {
    return [...this.#values.keys()];
  }

  put(key: string, value: unknown): void {
    this.#values.set(key, copy(value));
  }

  delete(key: string): boolean {
    return this.#values.delete(key);
  }

  *list({ prefix }: { readonly prefix: string }): Iterable<[string, unknown]> {
    for (const [key, value] of this.#values) if (key.startsWith(prefix)) yield [key, copy(value)];
  }
}

/** As structured cloning copies what a snapshot may be made of, and much faster. */
export function copy<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "function" || typeof value === "symbol") throw new TypeError("not plain data");
    return value;
  }
  if (value instanceof Uint8Array) return value.slice() as Value;
  if (Array.isArray(value)) return value.map(copy) as Value;
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new TypeError("not plain data");
  const copied: Record<string, unknown> = {};
  for (const name of Object.keys(value)) copied[name] = copy((value as Record<string, unknown>)[name]);
  return copied as Value;
}
