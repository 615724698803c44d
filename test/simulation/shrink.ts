import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** Runs that one shrinking may take. */
const MOST_RUNS = 600;

/**
 * The smallest scenario that still breaks the invariant `id`: whole clients, runs of steps, limits and faults are left out one after the
 * other, as long as it goes on failing.
 */
export async function shrink(scenario: Scenario, id: string): Promise<Scenario> {
  let smallest = scenario;
  let runs = 0;
  const fails = async (candidate: Scenario): Promise<boolean> => {
    if (runs++ >= MOST_RUNS) return false;
    const { violation } = await run(candidate);
    if (violation?.id === id) smallest = candidate;
    return violation?.id === id;
  };
  for (;;) {
    const before = smallest;
    await dropSteps(() => smallest, fails);
    for (const candidate of simpler(smallest)) await fails(candidate);
    if (smallest === before || runs >= MOST_RUNS) return smallest;
  }
}

/** Halves, quarters, and so on down to single steps. */
async function dropSteps(current: () => Scenario, fails: (candidate: Scenario) => Promise<boolean>): Promise<void> {
  for (let length = Math.ceil(current().steps.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let at = 0; at < current().steps.length; ) {
      const { steps } = current();
      // What comes after keeps its time.
      const dropped = steps.slice(at, at + length).reduce((sum, { after }) => sum + after, 0);
      const rest = steps.slice(at + length).map((step, index) => (index === 0 ? { ...step, after: step.after + dropped } : step));
      if (!(await fails({ ...current(), steps: [...steps.slice(0, at), ...rest] }))) at += length;
    }
  }
}

function* simpler(scenario: Scenario): Generator<Scenario> {
  const { options, clients, faults } = scenario;
  for (const name of Object.keys(options.limits ?? {})) {
    const { [name as never]: _, ...limits } = options.limits as object;
    yield { ...scenario, options: { ...options, limits } };
  }
  for (const fault of faults) yield { ...scenario, faults: faults.filter((it) => it !== fault) };
  if (clients.length > 1) yield { ...scenario, clients: clients.slice(0, -1) };
  yield { ...scenario, platform: { ...scenario.platform, opensLater: false, sharesFrames: false } };
}
