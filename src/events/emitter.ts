import type { EventsMap, ListenerOf, ListenName } from "./event-maps.ts";

type Listener = (...args: never[]) => unknown;

/**
 * The listeners by event, in an object without prototype: where there are few, as mostly, a `Map` is several times as large.
 *
 * One listener stands for itself. Arrays are replaced, never changed: a dispatch keeps the one it began with.
 */
type Listeners = Record<string | symbol, Listener | readonly Listener[]>;

/** The function that stands in for a listener added with `once`. */
type OnceListener = Listener & { readonly listener: Listener };

/**
 * Calls listeners by event name, with the semantics of Node's `EventEmitter` but without a public `emit`.
 *
 * A listener that throws, or returns a promise that rejects, stops neither the others nor the caller: the error goes to
 * `onListenerError`. Listeners may be added and removed while an event is being dispatched; that takes effect with the
 * next one. `newListener` and `removeListener` tell of changes.
 */
export class Emitter<Listen extends EventsMap = EventsMap, Reserved extends EventsMap = {}> {
  #listeners: Listeners | undefined = undefined;

  on<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#add(event, listener, append);
  }

  addListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#add(event, listener, append);
  }

  prependListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#add(event, listener, prepend);
  }

  once<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#add(event, this.#onceOnly(event, listener), append);
  }

  prependOnceListener<E extends ListenName<Listen, Reserved>>(
    event: E,
    listener: ListenerOf<Listen, Reserved, E>,
  ): this {
    return this.#add(event, this.#onceOnly(event, listener), prepend);
  }

  /** Removes the listener that was added last, where it was added more than once. */
  off<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#remove(event, listener);
  }

  removeListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    return this.#remove(event, listener);
  }

  /** Removes the listeners of one event, or of all. */
  removeAllListeners(event?: ListenName<Listen, Reserved>): this {
    if (event !== undefined) return this.#removeAll(event);
    for (const name of this.eventNames()) if (name !== "removeListener") this.#removeAll(name);
    return this.#removeAll("removeListener");
  }

  listeners<E extends ListenName<Listen, Reserved>>(event: E): ListenerOf<Listen, Reserved, E>[] {
    return this.#list(event).map(original) as ListenerOf<Listen, Reserved, E>[];
  }

  /** As `listeners`, but a listener added with `once` is its wrapper, whose `listener` is the one that was given. */
  rawListeners<E extends ListenName<Listen, Reserved>>(event: E): ListenerOf<Listen, Reserved, E>[] {
    return [...this.#list(event)] as ListenerOf<Listen, Reserved, E>[];
  }

  listenerCount(event: ListenName<Listen, Reserved>): number {
    return this.#list(event).length;
  }

  eventNames(): (string | symbol)[] {
    return Reflect.ownKeys(this.#listeners ?? {});
  }

  /** Does nothing: there is no maximum. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /** 0, which means "no maximum". */
  getMaxListeners(): number {
    return 0;
  }

  /**
   * Calls the listeners of `event`; returns whether there was one.
   *
   * @internal
   */
  dispatch(event: string | symbol, args: readonly unknown[]): boolean {
    const listeners = this.#listeners?.[event];
    if (listeners === undefined) return false;
    if (typeof listeners === "function") {
      this.#call(listeners, event, args);
      return true;
    }
    for (let at = 0; at < listeners.length; at++) this.#call(listeners[at]!, event, args);
    return true;
  }

  /**
   * Whether anybody listens for `event`.
   *
   * @internal
   */
  hasListeners(event: string | symbol): boolean {
    return this.#listeners !== undefined && this.#listeners[event] !== undefined;
  }

  /**
   * Adds all listeners of another emitter, which has the same events.
   *
   * @internal
   */
  copyListeners(other: object): void {
    if (!(#listeners in other)) return;
    for (const event of Reflect.ownKeys(other.#listeners ?? {})) {
      for (const listener of other.#list(event)) this.#add(event, original(listener), append);
    }
  }

  /** Hears of each listener that is added. */
  protected onListenerAdded(_event: string | symbol): void {}

  /** Gets what a listener threw or rejected with, and must not throw. By default it becomes an unhandled rejection. */
  protected onListenerError(error: unknown, _event: string | symbol, _args: readonly unknown[]): void {
    void Promise.reject(error);
  }

  /** Hears of a listener that is asynchronous, before it is done. */
  protected onListenerPending(): void {}

  /** Hears of an asynchronous listener that is done. */
  protected onListenerSettled(_event: string | symbol, _args: readonly unknown[]): void {}

  #call(listener: Listener, event: string | symbol, args: readonly unknown[]): void {
    try {
      const result: unknown = Reflect.apply(listener, this, args);
      if (isThenable(result)) this.#follow(result, event, args);
    } catch (error) {
      this.onListenerError(error, event, args);
    }
  }

  #follow(result: PromiseLike<unknown>, event: string | symbol, args: readonly unknown[]): void {
    // Not every thenable settles once, or without throwing.
    let isSettled = false;
    const settle = (): void => {
      if (!isSettled) this.onListenerSettled(event, args);
      isSettled = true;
    };
    const fail = (error: unknown): void => {
      if (!isSettled) this.onListenerError(error, event, args);
      settle();
    };
    this.onListenerPending();
    try {
      result.then(settle, fail);
    } catch (error) {
      fail(error);
    }
  }

  #list(event: string | symbol): readonly Listener[] {
    const listeners = this.#listeners?.[event] ?? [];
    return typeof listeners === "function" ? [listeners] : listeners;
  }

  #set(event: string | symbol, list: readonly Listener[]): void {
    this.#listeners ??= Object.create(null) as Listeners;
    this.#listeners[event] = list.length === 1 ? list[0]! : list;
  }

  #forget(event: string | symbol): void {
    if (this.#listeners !== undefined) delete this.#listeners[event];
  }

  #add(event: string | symbol, listener: Listener, insert: typeof append): this {
    assertCallable(listener);
    if (this.hasListeners("newListener")) this.dispatch("newListener", [event, original(listener)]);
    this.#set(event, insert(this.#list(event), listener));
    this.onListenerAdded(event);
    return this;
  }

  #remove(event: string | symbol, listener: Listener): this {
    const list = this.#list(event);
    const at = list.findLastIndex((each) => each === listener || original(each) === listener);
    if (at === -1) return this;
    if (list.length === 1) this.#forget(event);
    else this.#set(event, list.toSpliced(at, 1));
    if (this.hasListeners("removeListener")) this.dispatch("removeListener", [event, original(listener)]);
    return this;
  }

  #removeAll(event: string | symbol): this {
    if (!this.hasListeners("removeListener")) this.#forget(event);
    else for (const listener of this.#list(event).toReversed()) this.#remove(event, listener);
    return this;
  }

  #onceOnly(event: string | symbol, listener: Listener): OnceListener {
    assertCallable(listener);
    let called = false;
    const wrapper: Listener = (...args: unknown[]) => {
      if (called) return undefined;
      called = true;
      this.#remove(event, wrapper);
      return Reflect.apply(listener, this, args);
    };
    return Object.assign(wrapper, { listener });
  }
}

function append(list: readonly Listener[], listener: Listener): readonly Listener[] {
  return [...list, listener];
}

function prepend(list: readonly Listener[], listener: Listener): readonly Listener[] {
  return [listener, ...list];
}

/** The listener as it was given. */
function original(listener: Listener): Listener {
  return (listener as Partial<OnceListener>).listener ?? listener;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** Throws a `TypeError` for a listener, or another callback, that cannot be called. */
export function assertCallable(value: unknown, role = "listener"): void {
  if (typeof value === "function") return;
  const got = value === null ? "null" : typeof value;
  throw new TypeError(`Cannot add a ${role}: expected a function, got ${got}`);
}
