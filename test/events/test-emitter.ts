import { Emitter } from "../../src/events/emitter.ts";
import type { DefaultEventsMap } from "../../src/events/event-maps.ts";

/** An emitter that anybody may make emit, and that keeps the errors of its listeners. */
export class TestEmitter extends Emitter<DefaultEventsMap> {
  readonly errors: [error: unknown, event: string | symbol][] = [];

  emit(event: string, ...args: unknown[]): boolean {
    return this.dispatch(event, args);
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.errors.push([error, event]);
  }
}
