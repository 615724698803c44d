/** Something that happens at a time. */
interface Happening {
  readonly time: number;
  /** Of those at the same time, the one that was planned first comes first. */
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: a heap of what will happen, and a clock that jumps from one to the next. */
export class World {
  now = 0;
  /** Happenings so far. */
  happened = 0;
  readonly #heap: Happening[] = [];
  #order = 0;

  at(time: number, run: () => void): void {
    this.#push({ time: Math.max(time, this.now), order: this.#order++, run });
  }

  after(delay: number, run: () => void): void {
    this.at(this.now + delay, run);
  }

  /** Lets everything happen until `end`, or until `over` says that it is enough. */
  runUntil(end: number, over: () => boolean): void {
    for (let next = this.#heap[0]; next !== undefined && next.time <= end && !over(); next = this.#heap[0]) {
      this.#pop();
      this.now = next.time;
      this.happened += 1;
      next.run();
    }
    if (!over()) this.now = Math.max(this.now, end);
  }

  /** Nothing of what was planned will happen. */
  forget(): void {
    this.#heap.length = 0;
  }

  #push(entry: Happening): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
