import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { storedScenario } from "./bundle.ts";
import { drawScenario } from "./draw.ts";
import { leftOnHeap } from "./heap.ts";
import { mutations } from "./mutations.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { findMutations, sweep } from "./sweep.ts";

/** Minutes are a bound for a machine that does a lot else; it takes half a minute on an idle one with two cores. */
const TIMEOUT = 600_000;

const SEEDS = 5000;

/** What a bug may take to be found. */
const MOST_SEEDS = 20_000;

const stored = join(import.meta.dirname, "scenarios");

describe("the simulation", () => {
  test(`finds nothing in ${SEEDS} seeds`, { timeout: TIMEOUT }, async () => {
    const { findings, happened } = await sweep(1, SEEDS);
    console.log(`${SEEDS} seeds, ${happened} happenings`);
    assert.deepEqual(findings, []);
  });

  for (const file of readdirSync(stored).filter((name) => name.endsWith(".json"))) {
    test(`does not find again: ${file.replace(".json", "").replaceAll("-", " ")}`, async () => {
      assert.equal((await run(storedScenario(file))).violation, undefined);
    });
  }

  test("goes the same way for the same seed, and another one for another (I26)", async () => {
    const hash = async (seed: number): Promise<string> => (await run(drawScenario(seed), { trace: "hash" })).hash;
    const [first, again, other] = [await hash(11), await hash(11), await hash(12)];
    assert.equal(first, again);
    assert.notEqual(first, other);
  });

  test("leaves nothing on the heap of clients that have left (I34)", { timeout: 60_000 }, async () => {
    for (let seed = 1; seed <= 20; seed++) assert.deepEqual(await leftOnHeap(drawScenario(seed)), [], `seed ${seed}`);
  });

  test("a scenario is plain JSON, and shows what happened", async () => {
    const scenario = drawScenario(5);
    const read = JSON.parse(JSON.stringify(scenario)) as Scenario;
    const [drawn, replayed] = [await run(scenario, { trace: "hash" }), await run(read, { trace: "lines" })];
    assert.equal(replayed.hash, drawn.hash);
    assert.match(replayed.lines.join("\n"), /\d+ {2}sessionOpened +sid=/);
  });
});

describe("the mutation gate", () => {
  test(`each of ${mutations.length} bugs is found within ${MOST_SEEDS} seeds, or where it was found before`, { timeout: TIMEOUT }, async () => {
    const catches = await findMutations(MOST_SEEDS);
    for (const { mutation, finding } of catches) {
      console.log(`${mutation.bug}: ${finding === undefined ? "not found" : `seed ${finding.seed}, ${finding.id}`}`);
    }
    assert.deepEqual(catches.filter(({ finding }) => finding === undefined).map(({ mutation }) => mutation.bug), []);
    assert.ok(mutations.length >= 20);
  });
});
