import type { Outgoing } from "./revision.ts";

/** What waits to go out, in order. The oldest of it can be dropped, where it may be. Every operation is O(1) in the long run. */
export class OutgoingQueue {
  /** Older than all of `#rest`: what was looked at and must not be dropped. */
  #kept: Outgoing[] = [];
  #rest: Outgoing[] = [];
  /** Where `#rest` begins. */
  #head = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  get items(): readonly Outgoing[] {
    return [...this.#kept, ...this.#rest.slice(this.#head)];
  }

  push(item: Outgoing): void {
    this.#rest.push(item);
    this.#bytes += item.size;
  }

  /** What goes out next. */
  get first(): Outgoing | undefined {
    return this.#kept[0] ?? this.#rest[this.#head];
  }

  /** Takes `first`. */
  shift(): Outgoing | undefined {
    const item = this.first;
    if (item === undefined) return undefined;
    this.#bytes -= item.size;
    if (this.#kept.length > 0) this.#kept.shift();
    else this.#advance();
    return item;
  }

  takeAll(): readonly Outgoing[] {
    const { items } = this;
    this.#kept = [];
    this.#rest = [];
    this.#head = 0;
    this.#bytes = 0;
    return items;
  }

  /** Drops the oldest packets that may be dropped until no more than `bytes` are left, or none of them. Returns how many. */
  dropOldest(bytes: number): number {
    let dropped = 0;
    for (let item = this.#rest[this.#head]; item !== undefined && this.#bytes > bytes; item = this.#rest[this.#head]) {
      this.#advance();
      if (item.droppable !== true) this.#kept.push(item);
      else {
        this.#bytes -= item.size;
        dropped += 1;
      }
    }
    return dropped;
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#rest.length) return;
    this.#rest = this.#rest.slice(this.#head);
    this.#head = 0;
  }
}
