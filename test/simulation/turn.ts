/**
 * Runs all promise jobs, and tells of rejections that nobody has handled: the platform's own turn ends where this one does. It can do so only
 * outside of a promise job. Node has no other name for it, and to await its next tick takes ten times as long.
 */
export const { _tickCallback: runJobs } = process as unknown as { readonly _tickCallback: () => void };

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
