/** What lets a program run promise jobs, on each engine that the simulation runs on. */
interface Engines {
  readonly process: { readonly _tickCallback?: () => void };
  readonly Bun?: unknown;
  readonly Deno?: { readonly [internal: symbol]: { readonly core: { runMicrotasks(): void } } } & { readonly internal: symbol };
}

/**
 * Runs all promise jobs; on Node, also tells of rejections that nobody has handled: the platform's own turn ends where this one does. It can do
 * so only outside of a promise job. No engine has a public name for it, and to await Node's next tick takes ten times as long.
 */
export const runJobs: () => void = await jobsOf(globalThis as unknown as Engines);

async function jobsOf({ process, Bun, Deno }: Engines): Promise<() => void> {
  if (Deno !== undefined) return Deno[Deno.internal]!.core.runMicrotasks;
  // Not an import for bundlers: only Bun has it.
  if (Bun !== undefined) return ((await import(["bun", "jsc"].join(":"))) as { drainMicrotasks(): void }).drainMicrotasks;
  return process._tickCallback!;
}

/** Does `work` in a turn of Node's own, where promise jobs can be run. */
export function inTurn<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}
