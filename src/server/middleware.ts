import type { LogWriter } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import { type Faults, type HandlerErrorContext, isThenable } from "./faults.ts";

/** An error whose `data` reaches the client. */
export interface ExtendedError extends Error {
  // oxlint-disable-next-line no-explicit-any
  data?: any;
}

/** Goes on to the next middleware; with an error, refuses. */
export type Next = (error?: ExtendedError) => void;

/** A middleware of a namespace: sees each socket that wants to join. */
export type NamespaceMiddleware<S> = (socket: S, next: Next) => unknown;

/** What became of a chain: passed, refused by `next(error)`, broken by a throw, or too slow. */
export type ChainResult = { readonly kind: "passed" | "failed" | "timeout" } | { readonly kind: "refused"; readonly error: unknown };

interface ChainParts {
  readonly faults: Faults;
  readonly context: HandlerErrorContext;
  readonly log: LogWriter | undefined;
}

export const passed: ChainResult = { kind: "passed" };
export const failed: ChainResult = { kind: "failed" };

/**
 * Calls each of `steps` once the one before has called `next`, then `done`, once.
 *
 * All in one go where the middlewares are synchronous.
 */
export function runChain(
  steps: readonly ((next: Next) => unknown)[],
  { faults, context, log }: ChainParts,
  done: (result: ChainResult) => void,
): void {
  const run = (index: number): void => {
    const step = steps[index];
    if (step === undefined) return done(passed);
    let over = false;
    const once = (result: ChainResult): void => {
      if (over) return log?.("next() was called twice: the second call is ignored");
      over = true;
      if (result.kind === "passed") run(index + 1);
      else done(result);
    };
    const fail = (error: unknown): void => {
      faults.report(error, context);
      if (!over) once(failed);
    };
    try {
      const result = step((error) => once(error ? { kind: "refused", error } : passed));
      if (isThenable(result)) result.then(undefined, fail);
    } catch (error) {
      fail(error);
    }
  };
  run(0);
}

/** Whom a chain is about, and how long it may take. */
interface ChainBounds {
  readonly schedule: Schedule;
  readonly timeout: number;
  /** Calls `listener` when the client goes. Returns what takes it back. */
  readonly whenGone: (listener: () => void) => () => void;
}

/** The same as a promise, which resolves to `timeout` when the chain takes longer than `timeout` milliseconds, and to `failed` once the client is gone. */
export function runChainInTime(steps: readonly ((next: Next) => unknown)[], parts: ChainParts & ChainBounds): Promise<ChainResult> {
  if (steps.length === 0) return Promise.resolve(passed);
  return new Promise((resolve) => {
    let late = false;
    const end = (result: ChainResult): void => {
      late = true;
      timer.cancel();
      stopWatching();
      resolve(result);
    };
    const timer = parts.schedule.after(parts.timeout, () => end({ kind: "timeout" }));
    const stopWatching = parts.whenGone(() => end(failed));
    // Whoever answers after that is not followed by the next.
    const inTime = steps.map((step) => (next: Next) => (late ? undefined : step(next)));
    runChain(inTime, parts, end);
  });
}

/** What the client reads. Only an explicit `next(error)` shows the app's own words. */
export function refusalOf(result: ChainResult): { message: string; data?: unknown } {
  if (result.kind === "timeout") return { message: "timeout" };
  if (result.kind !== "refused") return { message: "Internal server error" };
  const { error } = result;
  if (typeof error === "string") return { message: error };
  try {
    const { message = "", data } = error as { message?: unknown; data?: unknown };
    return { message: String(message), data };
  } catch {
    return { message: "Internal server error" };
  }
}
