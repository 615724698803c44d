/** Hands on events one at a time: each waits until the asynchronous listeners of the one before are done. */
export class SerialQueue<Event> {
  readonly #handle: (event: Event) => void;
  readonly #waiting: Event[] = [];
  #running = 0;

  constructor(handle: (event: Event) => void) {
    this.#handle = handle;
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(event: Event): void {
    this.#waiting.push(event);
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
    this.#waiting.length = 0;
  }

  #next(): void {
    while (this.#running === 0 && this.#waiting.length > 0) {
      // A listener that ends or adds events while it is called must find the queue busy.
      this.#running += 1;
      this.#handle(this.#waiting.shift()!);
      this.#running -= 1;
    }
  }
}
