import { Emitter } from "../events/emitter.ts";
import type { Host } from "../platform.ts";
import type { Session } from "../engine/session.ts";
import type { Counters } from "./metrics.ts";
import type { Socket } from "./socket.ts";

/** Where a callback of the app failed. */
export interface HandlerErrorContext {
  /** What was being called: "event", "connection", "middleware", "ack", "allowRequest" … */
  readonly phase: string;
  readonly namespace?: string | undefined;
  readonly event?: string | symbol | undefined;
  readonly socket?: Socket | undefined;
}

/** Events of `io.diagnostics`. */
export interface DiagnosticsEvents {
  /** A callback of the app threw or rejected. */
  handler_error: (error: unknown, context: HandlerErrorContext) => void;
  /** A client does not keep up: what is volatile is dropped for it, and nothing else yet. */
  backpressure: (socket: Socket, bufferedBytes: number) => void;
  /** A peer ran into the limit `name`; without a connection where it had none yet. */
  limit: (name: string, context: { readonly conn: Session | undefined }) => void;
}

/** What happens after a callback of the app failed and was reported. */
export type HandlerErrorPolicy = "contain" | "throw" | "disconnect";

/** The one place where failures of the app's callbacks, and limits that peers ran into, end up. */
export class Faults {
  readonly diagnostics: Emitter<DiagnosticsEvents>;
  readonly #host: Host;
  readonly #counters: Counters;
  readonly #policy: () => HandlerErrorPolicy;

  constructor(host: Host, counters: Counters, policy: () => HandlerErrorPolicy) {
    this.diagnostics = new Diagnostics(host);
    this.#host = host;
    this.#counters = counters;
    this.#policy = policy;
  }

  report(error: unknown, context: HandlerErrorContext): void {
    if (!this.diagnostics.dispatch("handler_error", [error, context])) {
      const where = context.event === undefined ? context.phase : `${context.phase} "${String(context.event)}"`;
      this.#host.reportError(`A handler failed (${where})`, error);
    }
    const policy = this.#policy();
    if (policy === "throw") this.#host.defer(() => rethrow(error));
    if (policy === "disconnect") context.socket?.disconnect();
  }

  /** A peer ran into a limit. */
  limitHit(name: string, conn: Session | undefined): void {
    this.#counters.countLimit(name);
    if (this.diagnostics.hasListeners("limit")) this.diagnostics.dispatch("limit", [name, { conn }]);
  }

  #follow(result: PromiseLike<unknown>, context: HandlerErrorContext): void {
    const settled = (): void => context.socket?.client.touched();
    const fail = (error: unknown): void => {
      this.report(error, context);
      settled();
    };
    result.then(settled, fail);
  }

  /** Calls `callback`; what it throws, or rejects with, is reported. */
  run(context: HandlerErrorContext, callback: () => unknown): void {
    try {
      const result = callback();
      if (isThenable(result)) this.#follow(result, context);
    } catch (error) {
      this.report(error, context);
    }
  }
}

/** Where a listener for faults fails itself, only the log is left. */
class Diagnostics extends Emitter<DiagnosticsEvents> {
  readonly #host: Host;

  constructor(host: Host) {
    super();
    this.#host = host;
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.#host.reportError(`A listener of io.diagnostics failed ("${String(event)}")`, error);
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

function rethrow(error: unknown): never {
  throw error;
}
