/** Fuzzing with fixed seeds; what was ever found is replayed first. Longer runs: `npm run fuzz -- --seconds 600 --seed 7`. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { describe, test } from "vitest";
import { corpus, fuzz, targets } from "./targets.ts";

describe("what was found once", () => {
  for (const [name, { target, input }] of corpus()) test(`${name} (${target})`, async () => targets[target]!.run(input));
});

describe("what peers may send breaks no promise (G7, G11, G12)", () => {
  for (const name of Object.keys(targets)) {
    const runs = name === "surface" ? 600 : 1_000;
    test(`${name}: ${runs} inputs`, async () => {
      const found = await fuzz(name, { seed: 20_26, runs });
      assert.equal(found, undefined, inspect(found, { depth: 10 }));
    });
  }
});
