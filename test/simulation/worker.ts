/** Runs seeds in a thread of its own: see sweep.ts. */
import { parentPort } from "node:worker_threads";
import { runCluster } from "./cluster/cluster.ts";
import { type Draw, drawScenario } from "./draw.ts";
import { leftOnHeap } from "./heap.ts";
import { type Violation, run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** Seeds to run, or a scenario. */
export type Task = Seeds | Scenario;

interface Seeds {
  readonly from: number;
  readonly count: number;
  readonly stopAtFirst: boolean;
  readonly draw: Draw;
}

export interface Finding extends Violation {
  readonly seed: number;
}

export interface TaskResult {
  readonly findings: readonly Finding[];
  readonly happened: number;
}

/** Of so many seeds, one is run twice (I26), and once more with listeners that do not fail (I25). */
const TWICE = 100;

/** Of so many seeds, one is also that of a cluster. */
const CLUSTERS = 10;

/** Of so many seeds, the heap is looked through after one (I34). */
const HEAPS = 1000;

// Many errors are made, and none of them is read: who wants to know where one comes from replays its seed.
Error.stackTraceLimit = 0;

parentPort?.on("message", (task: Task) => void ("seed" in task ? replay(task) : perform(task)));

async function replay(scenario: Scenario): Promise<void> {
  const { happened, violation } = await run(scenario);
  tell({ happened, findings: violation === undefined ? [] : [{ seed: scenario.seed, ...violation }] });
}

async function perform({ from, count, stopAtFirst, draw }: Seeds): Promise<void> {
  const findings: Finding[] = [];
  let happened = 0;
  for (let seed = from; seed < from + count; seed++) {
    if (stopAtFirst && findings.length > 0) break;
    if (seed % CLUSTERS === 0) {
      const cluster = await runCluster(seed);
      happened += cluster.happened;
      if (cluster.violation !== undefined) findings.push({ seed, ...cluster.violation, message: `(cluster) ${cluster.violation.message}` });
    }
    if (seed % HEAPS === 0) {
      const left = await leftOnHeap(drawScenario(seed, draw));
      if (left.length > 0) findings.push({ seed, id: "I34", message: `still on the heap: ${left.join(", ")}`, time: 0 });
    }
    const isRunTwice = seed % TWICE === 0;
    const scenario = drawScenario(seed, draw);
    const outcome = await run(scenario, isRunTwice ? { trace: "hash" } : {});
    happened += outcome.happened;
    if (outcome.violation !== undefined) findings.push({ seed, ...outcome.violation });
    else if (isRunTwice) findings.push(...(await compare(scenario, outcome.hash)));
  }
  tell({ findings, happened });
}

function tell(result: TaskResult): void {
  // The rule is for windows.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort!.postMessage(result);
}

/** The same again must go the same way, and so must a run in which nothing fails where the app may fail without a consequence. */
async function compare(scenario: Scenario, hash: string): Promise<Finding[]> {
  const { seed } = scenario;
  const again = await run(scenario, { trace: "hash" });
  if (again.hash !== hash) return [{ seed, id: "I26", message: "the same seed went another way", time: 0 }];
  if (scenario.options.handlerErrors === "disconnect") return [];
  const calm = await run({ ...scenario, calm: true }, { trace: "hash" });
  return calm.hash === hash ? [] : [{ seed, id: "I25", message: "what listeners threw has changed more than what is reported", time: 0 }];
}
