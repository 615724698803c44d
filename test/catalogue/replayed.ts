/** The catalogue on another runtime, as one test for each row. */
import assert from "node:assert/strict";
import { beforeAll, describe, test } from "vitest";
import type { Difference } from "./differences.ts";
import type { Outcome } from "./elsewhere.ts";
import { boundRows, inputRows, type Row } from "./ids.ts";

const rows: Readonly<Record<string, Row>> = { ...inputRows, ...boundRows };

/** Runs the catalogue once, and states each row's outcome. */
export function describeReplay(
  runtime: string,
  differences: Readonly<Record<string, Difference | undefined>>,
  replay: (differing: readonly string[]) => Promise<readonly Outcome[]>,
): void {
  describe(`the catalogue on ${runtime}`, () => {
    const outcomes = new Map<string, Outcome>();
    beforeAll(async () => {
      for (const outcome of await replay(Object.keys(differences))) outcomes.set(outcome.id, outcome);
    }, 120_000);

    for (const [id, { input, outcome }] of Object.entries(rows)) {
      const difference = differences[id];
      test(`${id}: ${input} → ${difference?.outcome ?? outcome}`, () => {
        const seen = outcomes.get(id);
        assert.ok(seen, "the row did not run");
        if (difference === undefined) assert.equal(seen.error, undefined);
        else assert.match(seen.error ?? "as on Node: the difference is gone", difference.seen, difference.because);
      });
    }
  });
}
