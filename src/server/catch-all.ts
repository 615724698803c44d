import { assertCallable } from "../events/emitter.ts";

/** A listener that hears every event. */
// oxlint-disable-next-line no-explicit-any
export type AnyListener = (...args: any[]) => void;

/** The catch-all listeners of one direction. The array is replaced, never changed: a call keeps the one it began with. */
export class CatchAll {
  #listeners: readonly AnyListener[] = [];

  get listeners(): AnyListener[] {
    return [...this.#listeners];
  }

  get isEmpty(): boolean {
    return this.#listeners.length === 0;
  }

  append(listener: AnyListener): void {
    assertCallable(listener);
    this.#listeners = [...this.#listeners, listener];
  }

  prepend(listener: AnyListener): void {
    assertCallable(listener);
    this.#listeners = [listener, ...this.#listeners];
  }

  /** Removes `listener`, once where it was added more than once; without one, all. */
  remove(listener: AnyListener | undefined): void {
    const index = listener === undefined ? -1 : this.#listeners.indexOf(listener);
    if (listener === undefined) this.#listeners = [];
    else if (index >= 0) this.#listeners = this.#listeners.toSpliced(index, 1);
  }

  /** Calls each listener as a method of `socket`, through `call`, which contains what it throws. */
  notify(socket: object, args: readonly unknown[], call: (listener: () => unknown) => void): void {
    for (const listener of this.#listeners) call(() => Reflect.apply(listener, socket, args));
  }
}
