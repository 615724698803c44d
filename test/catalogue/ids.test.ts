/** The catalogue is complete: every row has its test, or a reason why not yet. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "vitest";
import { resolveLimits } from "../../src/engine/limits.ts";
import { boundRows, inputRows, laterBounds, laterParts, laterRows, sections } from "./ids.ts";

const source = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".test.ts") && name !== "ids.test.ts")
  .map((name) => readFileSync(`${import.meta.dirname}/${name}`, "utf8"))
  .join("\n");

/** The ids that the test files name exactly once: as the argument of `row`, or in a table. */
function namedOnce(ids: readonly string[]): string[] {
  return ids.filter((id) => {
    const uses = source.match(new RegExp(`\\brow\\("${id}"|\\bid: "${id}"|\\b${id}: \\[`, "g"));
    return uses?.length === 1;
  });
}

describe("the catalogue", () => {
  test("has every row of every section, as a test or for later", () => {
    const expected = Object.entries(sections).flatMap(([letter, count]) => {
      return Array.from({ length: count }, (_, index) => letter + String(index + 1).padStart(2, "0"));
    });
    assert.deepEqual([...Object.keys(inputRows), ...Object.keys(laterRows)].sort(), expected.sort());
  });

  test("has a test for each row of bad input", () => {
    const ids = Object.keys(inputRows);
    assert.deepEqual(namedOnce(ids), ids);
  });

  test("has a test for each bound", () => {
    const ids = Object.keys(boundRows);
    assert.deepEqual(namedOnce(ids), ids);
  });

  test("has a row for each option of limits", () => {
    const rows = { ...boundRows, ...laterBounds };
    const missing = Object.keys(resolveLimits(undefined, 1e6)).filter((name) => !(name in rows));
    assert.deepEqual(missing, []);
  });

  test("says why what it leaves for later is left", () => {
    const reasons = [laterRows, laterParts, laterBounds].flatMap((rows) => Object.values(rows));
    for (const reason of reasons) assert.match(reason, /^needs /);
  });
});
