import type { Host } from "./platform.ts";

/**
 * Deadlines as data: however many a server has, it asks the runtime for one wake-up at a time.
 *
 * Deadlines that all lie about equally far ahead (heartbeats) stand in a `DeadlineQueue`, mostly O(1); arbitrary ones in a heap.
 */

/** Ticks later than this, in milliseconds, find input that came in time and was not read. */
const LATE = 100;

/** Ticks later than this mean that the process stood still. */
const STANDSTILL = 1000;

/** How many others a deadline may pass on its way into its queue. Peers decide how many there are (G10). */
const LONGEST_WALK = 16;

/** Something that happens at a time, unless it is cancelled before. */
export interface Timer {
  cancel(): void;
}

/** One owner's place in a `DeadlineQueue`; it may move from queue to queue. */
export class Deadline<Owner> {
  readonly owner: Owner;
  due = 0;
  /** @internal */ queue: DeadlineQueue<Owner> | undefined;
  /** @internal */ previous: Deadline<Owner> | undefined;
  /** @internal */ next: Deadline<Owner> | undefined;
  /** @internal */ index = -1;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  cancel(): void {
    this.queue?.remove(this);
  }
}

/** Deadlines in the order of their due times, for owners that wait about equally long: O(1) near the end, O(log n) elsewhere. */
export class DeadlineQueue<Owner> {
  readonly fire: (owner: Owner, due: number) => void;
  readonly #schedule: Schedule;
  #first: Deadline<Owner> | undefined;
  #last: Deadline<Owner> | undefined;
  /** Those that belong far from the end of the list. */
  readonly #strays = new Heap<Deadline<Owner>>();

  constructor(schedule: Schedule, fire: (owner: Owner, due: number) => void) {
    this.#schedule = schedule;
    this.fire = fire;
  }

  get first(): Deadline<Owner> | undefined {
    const listed = this.#first;
    const stray = this.#strays.first;
    return stray === undefined || (listed !== undefined && listed.due <= stray.due) ? listed : stray;
  }

  /** Puts `deadline` here, out of whichever queue it was in. */
  add(deadline: Deadline<Owner>, due: number): void {
    deadline.cancel();
    deadline.due = due;
    deadline.queue = this;
    let before = this.#last;
    for (let walked = 0; before !== undefined && before.due > due && walked < LONGEST_WALK; walked++) before = before.previous;
    if (before !== undefined && before.due > due) this.#strays.add(deadline);
    else this.#insert(deadline, before);
    if (this.first === deadline) this.#schedule.wakeBy(due);
  }

  remove(deadline: Deadline<Owner>): void {
    if (deadline.index === -1) this.#takeOut(deadline);
    else this.#strays.remove(deadline);
    deadline.queue = undefined;
  }

  #insert(deadline: Deadline<Owner>, before: Deadline<Owner> | undefined): void {
    const after = before === undefined ? this.#first : before.next;
    deadline.previous = before;
    deadline.next = after;
    if (before === undefined) this.#first = deadline;
    else before.next = deadline;
    if (after === undefined) this.#last = deadline;
    else after.previous = deadline;
  }

  #takeOut(deadline: Deadline<Owner>): void {
    const { previous, next } = deadline;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    deadline.previous = deadline.next = undefined;
  }
}

/** Every deadline of one server. */
export class Schedule {
  readonly #host: Host;
  readonly #queues: DeadlineQueue<never>[] = [];
  /** What is in the heap lives in this process alone: while there is something, the process must stay. */
  readonly #heap = new Heap<HeapTimer>();
  readonly #cancel = (timer: HeapTimer): void => {
    this.#heap.remove(timer);
    if (this.#heap.isEmpty) this.#heapEmptied();
  };
  readonly #tick = (now: number): void => this.tick(now);
  /** How often a tick came so late that the process must have stood still. */
  lateTicks = 0;
  #wakeAt = Infinity;

  constructor(host: Host) {
    this.#host = host;
  }

  now(): number {
    return this.#host.now();
  }

  /** A queue for deadlines that lie equally far ahead; `fire` gets each owner once it is due. */
  queue<Owner>(fire: (owner: Owner, due: number) => void): DeadlineQueue<Owner> {
    const queue = new DeadlineQueue(this, fire);
    this.#queues.push(queue as unknown as DeadlineQueue<never>);
    return queue;
  }

  /** What `work` resolves to, or `late` once it has taken longer than `milliseconds`. */
  inTime<Result, Late>(milliseconds: number, work: Promise<Result>, late: Late): Promise<Result | Late> {
    return new Promise((resolve, reject) => {
      const timer = this.after(milliseconds, () => resolve(late));
      work.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Calls `fire` once, `delay` milliseconds from now; at once for what is no number, which would stop all others. */
  after(delay: number, fire: () => void): Timer {
    const wasEmpty = this.#heap.isEmpty;
    const timer = new HeapTimer(this.#host.now() + (Math.max(delay, 0) || 0), fire, this.#cancel);
    this.#heap.add(timer);
    if (timer.due < this.#wakeAt) this.#ask(timer.due);
    else if (wasEmpty && this.#host.sleeps === true) this.#ask(this.#wakeAt);
    return timer;
  }

  /** @internal Makes sure that a tick comes at `due`. */
  wakeBy(due: number): void {
    if (due < this.#wakeAt) this.#ask(due);
  }

  #ask(due: number): void {
    this.#wakeAt = due;
    this.#host.wakeAt(due, this.#tick, this.#heap.isEmpty);
  }

  #heapEmptied(): void {
    if (this.#host.sleeps === true && this.#wakeAt !== Infinity) this.#ask(this.#wakeAt);
  }

  /**
   * Fires what is due at `now`.
   *
   * After a standstill, what peers sent meanwhile still waits in the platform. It is read before anybody is judged.
   */
  tick(now: number): void {
    this.#wakeAt = Infinity;
    const lateness = now - this.#earliest();
    if (lateness <= LATE) return this.#fireUntil(now);
    if (lateness > STANDSTILL) this.lateTicks += 1;
    this.#host.defer(() => this.#fireUntil(this.#host.now()));
  }

  #earliest(): number {
    let earliest = this.#heap.first?.due ?? Infinity;
    for (const queue of this.#queues) earliest = Math.min(earliest, queue.first?.due ?? Infinity);
    return earliest;
  }

  #fireUntil(now: number): void {
    for (const queue of this.#queues) {
      for (let entry = queue.first; entry !== undefined && entry.due <= now; entry = queue.first) {
        queue.remove(entry);
        queue.fire(entry.owner, entry.due);
      }
    }
    for (let timer = this.#heap.first; timer !== undefined && timer.due <= now; timer = this.#heap.first) {
      timer.cancel();
      timer.fire();
    }
    const earliest = this.#earliest();
    if (earliest !== Infinity) this.wakeBy(earliest);
  }
}

class HeapTimer implements Timer {
  readonly due: number;
  readonly fire: () => void;
  index = -1;
  readonly #cancel: (timer: HeapTimer) => void;

  constructor(due: number, fire: () => void, cancel: (timer: HeapTimer) => void) {
    this.due = due;
    this.fire = fire;
    this.#cancel = cancel;
  }

  cancel(): void {
    if (this.index !== -1) this.#cancel(this);
  }
}

/** What knows its place in a heap: -1 where it is in none. */
interface HeapEntry {
  readonly due: number;
  index: number;
}

/** A binary heap by due time, out of whose middle entries go cheaply and leave nothing behind. */
class Heap<Entry extends HeapEntry> {
  readonly #entries: Entry[] = [];

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get first(): Entry | undefined {
    return this.#entries[0];
  }

  add(entry: Entry): void {
    this.#place(entry, this.#entries.length);
    this.#rise(entry);
  }

  remove(entry: Entry): void {
    const index = entry.index;
    const last = this.#entries.pop()!;
    entry.index = -1;
    if (last === entry) return;
    this.#place(last, index);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: Entry): void {
    while (entry.index > 0) {
      const parent = this.#entries[(entry.index - 1) >> 1]!;
      if (parent.due <= entry.due) return;
      this.#swap(parent, entry);
    }
  }

  #sink(entry: Entry): void {
    for (;;) {
      const left = this.#entries[2 * entry.index + 1];
      const right = this.#entries[2 * entry.index + 2];
      const child = right !== undefined && right.due < left!.due ? right : left;
      if (child === undefined || child.due >= entry.due) return;
      this.#swap(entry, child);
    }
  }

  #swap(upper: Entry, lower: Entry): void {
    const index = upper.index;
    this.#place(upper, lower.index);
    this.#place(lower, index);
  }

  #place(entry: Entry, index: number): void {
    this.#entries[index] = entry;
    entry.index = index;
  }
}
