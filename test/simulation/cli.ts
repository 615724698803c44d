/** `npm run simulate`: see README.md. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runCluster } from "./cluster/cluster.ts";
import { type Draw, drawScenario, isDraw } from "./draw.ts";
import { type Outcome, run } from "./run.ts";
import { mutations } from "./mutations.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { findMutations, sweep } from "./sweep.ts";
import { Trace } from "./trace.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "5000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    cluster: { type: "string" },
    replay: { type: "string" },
    shrink: { type: "string" },
    hashes: { type: "boolean", default: false },
    mutations: { type: "boolean", default: false },
    bug: { type: "string", default: "" },
    draw: { type: "string", default: "ordinary" },
  },
});
const draw = drawOf(values.draw);

if (values.replay !== undefined) await replay(scenarioOf(values.replay));
else if (values.seed !== undefined) await replay(scenarioOf(values.seed));
else if (values.cluster !== undefined) show(await runCluster(Number(values.cluster), new Trace(true)));
else if (values.shrink !== undefined) await showSmallest(scenarioOf(values.shrink));
else if (values.hashes) await showHashes(Number(values.from), Number(values.seeds));
else if (values.mutations) await showMutations(Number(values.seeds), values.bug);
else await sweepSeeds(Number(values.from), Number(values.seeds));

function drawOf(name: string): Draw {
  if (!isDraw(name)) throw new TypeError(`--draw takes "ordinary" or "returns", got "${name}"`);
  return name;
}

/** Of a seed, or from a file. */
function scenarioOf(source: string): Scenario {
  return /^\d+$/.test(source) ? drawScenario(Number(source), draw) : (JSON.parse(readFileSync(source, "utf8")) as Scenario);
}

async function replay(scenario: Scenario): Promise<void> {
  show(await run(scenario, { trace: "lines" }));
}

function show({ lines, hash, violation }: Outcome): void {
  console.log(lines.join("\n"));
  console.log(`\n${violation === undefined ? "everything held" : `${violation.id}: ${violation.message}`}, trace ${hash}`);
  if (violation !== undefined) process.exitCode = 1;
}

/** The way that each seed goes, without what happens on it. */
async function showHashes(from: number, count: number): Promise<void> {
  for (let seed = from; seed < from + count; seed++) console.log(seed, (await run(drawScenario(seed, draw), { trace: "hash" })).hash);
}

/** Prints the smallest scenario that fails as this one does. */
async function showSmallest(scenario: Scenario): Promise<void> {
  const { violation } = await run(scenario);
  if (violation === undefined) return console.log("everything held: there is nothing to shrink");
  console.log(JSON.stringify(await shrink(scenario, violation.id), undefined, 2));
}

async function sweepSeeds(from: number, count: number): Promise<void> {
  const start = performance.now();
  const { findings, happened } = await sweep(from, count, (done) => {
    if (done % 10_000 === 0) console.log(`${done} seeds`);
  }, draw);
  for (const { seed, id, time, message } of findings.slice(0, 20)) console.log(`seed ${seed} at ${time} ms, ${id}: ${message.slice(0, 800)}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`${count} seeds from ${from}, ${happened} happenings, ${seconds} s: ${findings.length} violations`);
  if (findings.length > 0) process.exitCode = 1;
}

async function showMutations(most: number, words: string): Promise<void> {
  const chosen = mutations.filter(({ bug }) => bug.includes(words));
  for (const { mutation, finding } of await findMutations(most, chosen)) {
    const found = finding === undefined ? `not found in ${most} seeds` : `seed ${finding.seed}, ${finding.id}: ${finding.message.slice(0, 120)}`;
    console.log(`${mutation.bug}\n    ${found}`);
    if (finding === undefined) process.exitCode = 1;
  }
}
