/** Counts what waits in the queues of one connection. */
export interface QueueAccount {
  queuedBytes: number;
}

/** Hands on events one at a time: each waits until the asynchronous listeners of the one before are done. */
export class SerialQueue<Event> {
  readonly #handle: (event: Event) => void;
  readonly #account: QueueAccount;
  readonly #waiting: { readonly event: Event; readonly bytes: number }[] = [];
  #running = 0;

  constructor(handle: (event: Event) => void, account: QueueAccount) {
    this.#handle = handle;
    this.#account = account;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** `bytes` is what the event came in. */
  add(event: Event, bytes: number): void {
    this.#waiting.push({ event, bytes });
    this.#account.queuedBytes += bytes;
    this.#next();
  }

  /** A listener is not done yet. */
  begin(): void {
    this.#running += 1;
  }

  /** A listener is done. */
  end(): void {
    this.#running -= 1;
    this.#next();
  }

  clear(): void {
    for (const { bytes } of this.#waiting.splice(0)) this.#account.queuedBytes -= bytes;
  }

  #next(): void {
    while (this.#running === 0 && this.#waiting.length > 0) {
      const { event, bytes } = this.#waiting.shift()!;
      this.#account.queuedBytes -= bytes;
      // A listener that ends or adds events while it is called must find the queue busy.
      this.#running += 1;
      this.#handle(event);
      this.#running -= 1;
    }
  }
}
