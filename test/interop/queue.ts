/** Values that wait until they are asked for, so that none is missed between two reads. */
export class Queue<T> {
  readonly #items: T[] = [];
  readonly #wanted: ((item: T) => void)[] = [];

  /** A listener that puts its arguments into the queue. */
  static of(): [Queue<unknown[]>, (...args: unknown[]) => void] {
    const queue = new Queue<unknown[]>();
    return [queue, (...args) => queue.push(args)];
  }

  push(item: T): void {
    const wanted = this.#wanted.shift();
    if (wanted) wanted(item);
    else this.#items.push(item);
  }

  next(): Promise<T> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve) => this.#wanted.push(resolve));
  }

  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** How many wait to be read. */
  get size(): number {
    return this.#items.length;
  }
}
