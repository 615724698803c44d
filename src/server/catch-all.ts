/** A listener that hears every event. */
// oxlint-disable-next-line no-explicit-any
export type AnyListener = (...args: any[]) => void;

/** The catch-all listeners of one direction. The array is replaced, never changed: a call keeps the one it began with. */
export class CatchAll {
  #listeners: readonly AnyListener[] = [];

  get listeners(): AnyListener[] {
    return [...this.#listeners];
  }

  append(listener: AnyListener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  prepend(listener: AnyListener): void {
    this.#listeners = [listener, ...this.#listeners];
  }

  /** Removes `listener`, or all. */
  remove(listener: AnyListener | undefined): void {
    this.#listeners = listener === undefined ? [] : this.#listeners.filter((it) => it !== listener);
  }

  /** Calls each listener through `call`, which contains what it throws. */
  notify(args: readonly unknown[], call: (listener: () => unknown) => void): void {
    for (const listener of this.#listeners) call(() => listener(...args));
  }
}
