import type { Message } from "../wire/codec.ts";
import type { Room, SocketId } from "./adapter.ts";

/** Whom an event was for: the union of `rooms` (none: everyone) without that of `except`, or one socket alone. */
export interface Audience {
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly only?: SocketId | undefined;
}

/** An event that sockets which were lost may still need. */
export interface LogEntry extends Audience {
  readonly seq: number;
  /** When it was sent, in milliseconds of the host's clock. */
  readonly at: number;
  readonly messages: readonly Message[];
  readonly compress: boolean;
  /** What it counts for, in bytes. */
  readonly size: number;
}

/** The last events of a namespace, oldest first: bounded by their number and their bytes. */
export class RecoveryLog {
  readonly #maxPackets: number;
  readonly #maxBytes: number;
  /** Hears of each entry that leaves, oldest first. */
  readonly #forget: (entry: LogEntry) => void;
  #entries: LogEntry[] = [];
  #head = 0;
  #bytes = 0;

  constructor(maxPackets: number, maxBytes: number, forget: (entry: LogEntry) => void) {
    this.#maxPackets = maxPackets;
    this.#maxBytes = maxBytes;
    this.#forget = forget;
  }

  get packets(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): LogEntry | undefined {
    return this.#entries[this.#head];
  }

  /** Older entries may have to go, or this one. */
  append(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#bytes += entry.size;
    while (this.packets > this.#maxPackets || this.#bytes > this.#maxBytes) this.#shift();
  }

  /** Forgets what was sent before `time`. */
  prune(time: number): void {
    while (this.oldest !== undefined && this.oldest.at < time) this.#shift();
  }

  /** The entries after `seq`, oldest first. */
  since(seq: number): readonly LogEntry[] {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.seq <= seq) low = middle + 1;
      else high = middle;
    }
    return this.#entries.slice(low);
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  #shift(): void {
    const entry = this.#entries[this.#head]!;
    this.#head += 1;
    this.#bytes -= entry.size;
    // Moving the rest each time would cost as much as the log is long.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    this.#forget(entry);
  }
}
