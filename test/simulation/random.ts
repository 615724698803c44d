/** Numbers that look random and are the same for the same seed and name: each part of a simulation has a stream of its own. */
export class Random {
  #state: number;

  constructor(seed: number, name: string) {
    let hash = 0x811c9dc5 ^ seed;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    this.#state = hash | 0;
  }

  /** 32 bits (the generator known as splitmix32). */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }

  /** An integer from 0 to `end`, which it never is. */
  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end);
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.word() < probability * 2 ** 32;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }

  /** One of the keys, as often as its weight says. */
  weighed<Key extends string>({ keys, ends }: Weights<Key>): Key {
    const at = this.below(ends.at(-1)!);
    return keys[ends.findIndex((end) => at < end)]!;
  }
}

/** Keys, and up to where each of them reaches on a line. */
export interface Weights<Key extends string> {
  readonly keys: readonly Key[];
  readonly ends: readonly number[];
}

/** Integers; zero for what never comes. */
export function weights<Key extends string>(each: Readonly<Record<Key, number>>): Weights<Key> {
  let end = 0;
  const ends = Object.values<number>(each).map((weight) => (end += weight));
  return { keys: Object.keys(each) as Key[], ends };
}
