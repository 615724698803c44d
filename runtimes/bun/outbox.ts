import type { SharedFrames } from "../../src/runtime.ts";

/** A WebSocket that has something to send at the end of the turn. */
export interface Sender {
  flush(): void;
}

/** Holds back what one turn sends, so that each WebSocket is written to once. */
export class Outbox {
  /** The WebSocket that has just opened, or whose message is being handled: Bun itself writes to it once, when that is done. */
  corked: Sender | undefined;
  #waiting: Sender[] = [];
  /** The chain that was begun last: in a broadcast the next WebSocket wants the same. */
  #latest: Chain | undefined;
  /** Writes what is held back. */
  readonly flush = (): void => {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#latest = undefined;
    for (const sender of waiting) sender.flush();
  };

  /** Calls `flush` once before the platform has its turn. */
  add(sender: Sender): void {
    if (this.#waiting.push(sender) === 1) process.nextTick(this.flush);
  }

  /** A chain of `batch` alone. */
  chain(batch: SharedFrames): Chain {
    if (this.#latest?.batch !== batch) this.#latest = new Chain(batch, undefined);
    return this.#latest;
  }
}

/**
 * What one turn sends over a WebSocket, as a list that grows at its end.
 *
 * WebSockets that are sent the same share the same chains: a burst of broadcasts is put together once for all of them.
 */
export class Chain {
  readonly batch: SharedFrames;
  /** UTF-16 units and bytes of it all. */
  readonly size: number;
  readonly #before: Chain | undefined;
  /** The chain that was made from this one last. */
  #longer: Chain | undefined;
  #batches: readonly SharedFrames[] | undefined;

  constructor(batch: SharedFrames, before: Chain | undefined) {
    this.batch = batch;
    this.#before = before;
    let size = before?.size ?? 0;
    for (let at = 0; at < batch.frames.length; at++) size += batch.frames[at]!.length;
    this.size = size;
  }

  with(batch: SharedFrames): Chain {
    if (this.#longer?.batch !== batch) this.#longer = new Chain(batch, this);
    return this.#longer;
  }

  /** In the order in which they were sent. */
  get batches(): readonly SharedFrames[] {
    if (this.#batches !== undefined) return this.#batches;
    const batches: SharedFrames[] = [];
    // oxlint-disable-next-line no-this-alias
    for (let chain: Chain | undefined = this; chain !== undefined; chain = chain.#before) batches.push(chain.batch);
    return (this.#batches = batches.reverse());
  }

  /** Whether it is more than one WebSocket message. */
  get isLong(): boolean {
    return this.#before !== undefined || this.batch.frames.length > 1;
  }
}
