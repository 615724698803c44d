import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { bundleWorker, storedScenario } from "./bundle.ts";
import type { Draw } from "./draw.ts";
import { type Mutation, mutations } from "./mutations.ts";
import type { Finding, Task, TaskResult } from "./worker.ts";

/** Threads at once. */
const THREADS = 2;

/** What a run leaves behind is gone before it has been moved about. */
const resourceLimits = { maxYoungGenerationSizeMb: 96 };

/** Seeds per message to a thread. */
const PORTION = 25;

export interface Sweep {
  readonly findings: readonly Finding[];
  readonly happened: number;
}

/** Runs the seeds from `from` on, in several threads. */
export async function sweep(
  from: number,
  count: number,
  heard: (done: number) => void = () => {},
  draw: Draw = "ordinary",
): Promise<Sweep> {
  const bundle = await bundleWorker();
  const findings: Finding[] = [];
  let next = from;
  let happened = 0;
  await inThreads(async () => {
    const worker = new Worker(bundle, { resourceLimits });
    while (next < from + count) {
      const portion = Math.min(PORTION, from + count - next);
      const result = ask(worker, { from: next, count: portion, stopAtFirst: false, draw });
      next += portion;
      const { findings: found, happened: more } = await result;
      findings.push(...found);
      happened += more;
      heard(next - from);
    }
    await worker.terminate();
  });
  return { findings: findings.sort((a, b) => a.seed - b.seed), happened };
}

/** How a bug was found, if it was. */
export interface Catch {
  readonly mutation: Mutation;
  readonly finding: Finding | undefined;
}

/** Looks for each bug, seed by seed, until it is found or `most` seeds have been run. */
export async function findMutations(most: number, chosen: readonly Mutation[] = mutations): Promise<Catch[]> {
  const left = chosen.entries();
  const catches: Catch[] = [];
  await inThreads(async () => {
    for (const [index, mutation] of left) {
      const worker = new Worker(await bundleWorker(mutation), { resourceLimits });
      const known = placeOf(mutation);
      const first = known === undefined ? undefined : await ask(worker, known);
      const { findings } = first?.findings.length === 1 ? first : await ask(worker, { from: 1, count: most, stopAtFirst: true, draw: "ordinary" });
      catches[index] = { mutation, finding: findings[0] };
      await worker.terminate();
    }
  });
  return catches;
}

/** Where the bug was found before. */
function placeOf({ seed, scenario }: Mutation): Task | undefined {
  if (scenario !== undefined) return storedScenario(`${scenario}.json`);
  return seed === undefined ? undefined : { from: seed, count: 1, stopAtFirst: true, draw: "ordinary" };
}

async function ask(worker: Worker, task: Task): Promise<TaskResult> {
  // The rule is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  worker.postMessage(task);
  const [result] = (await once(worker, "message")) as [TaskResult];
  return result;
}

async function inThreads(work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: THREADS }, work));
}
