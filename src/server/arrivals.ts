/** The order in which connections and sockets came, the same before and after a sleep. */
export class Arrivals {
  #last = 0;

  next(): number {
    return ++this.#last;
  }

  /** One of them goes on that came then: who comes now comes later. */
  resume(arrival: number = this.#last + 1): number {
    this.#last = Math.max(this.#last, arrival);
    return arrival;
  }
}
