import type { Emitter } from "./emitter.ts";
import type { EventsMap, ListenName, ListenerOf } from "./event-maps.ts";

/** The listener methods of an object that lets another one do the listening. */
export abstract class EmitterFace<Listen extends EventsMap, Reserved extends EventsMap> {
  protected abstract get emitter(): Emitter<Listen, Reserved>;

  on<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.on(event, listener);
    return this;
  }

  addListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.addListener(event, listener);
    return this;
  }

  prependListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.prependListener(event, listener);
    return this;
  }

  once<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.once(event, listener);
    return this;
  }

  prependOnceListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.prependOnceListener(event, listener);
    return this;
  }

  off<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.off(event, listener);
    return this;
  }

  removeListener<E extends ListenName<Listen, Reserved>>(event: E, listener: ListenerOf<Listen, Reserved, E>): this {
    this.emitter.removeListener(event, listener);
    return this;
  }

  removeAllListeners(event?: ListenName<Listen, Reserved>): this {
    this.emitter.removeAllListeners(event);
    return this;
  }

  listeners<E extends ListenName<Listen, Reserved>>(event: E): ListenerOf<Listen, Reserved, E>[] {
    return this.emitter.listeners(event);
  }

  rawListeners<E extends ListenName<Listen, Reserved>>(event: E): ListenerOf<Listen, Reserved, E>[] {
    return this.emitter.rawListeners(event);
  }

  listenerCount(event: ListenName<Listen, Reserved>): number {
    return this.emitter.listenerCount(event);
  }

  eventNames(): (string | symbol)[] {
    return this.emitter.eventNames();
  }

  /** Does nothing: there is no maximum. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /** 0, which means "no maximum". */
  getMaxListeners(): number {
    return 0;
  }
}
