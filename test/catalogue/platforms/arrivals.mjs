/** Who waits for a request's head, where the platform hands requests to a function. */
export class Arrivals {
  #waiting = [];

  next() {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A request is there. */
  come() {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
