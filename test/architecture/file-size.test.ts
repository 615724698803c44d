import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

const SRC = join(import.meta.dirname, "../../src");
const MAX_LINES = 300;
/** How a longer file begins. */
const REASON = /^\/\/ Over 300 lines because .{10,}/;

test("no file in `src` is over 300 lines without a stated reason", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  assert.ok(files.length > 0);
  assert.deepEqual(files.filter((file) => isTooLong(readFileSync(join(SRC, file), "utf8"))), []);
});

test("`isTooLong()` lets a reason pass, and nothing else", () => {
  const lines = (count: number) => "x\n".repeat(count);
  assert.equal(isTooLong(lines(MAX_LINES)), false);
  assert.equal(isTooLong(lines(MAX_LINES + 1)), true);
  assert.equal(isTooLong(`// Over 300 lines because the table is one piece.\n${lines(MAX_LINES)}`), false);
  assert.equal(isTooLong(`// Over 300 lines because\n${lines(MAX_LINES)}`), true);
});

function isTooLong(source: string): boolean {
  const lines = source.replace(/\n$/, "").split("\n").length;
  return lines > MAX_LINES && !REASON.test(source);
}
