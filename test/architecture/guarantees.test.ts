import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test("each guarantee is cited by a test", () => {
  const ids = [...readFileSync(join(ROOT, "docs/guarantees.md"), "utf8").matchAll(/^\| (G\d+) \|/gm)].map(([, id]) => id!);
  assert.ok(ids.length > 30);
  const tests = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    // This one speaks of ids, too.
    .filter((file) => /\.(ts|mjs)$/.test(file) && join(ROOT, "test", file) !== import.meta.filename)
    .map((file) => readFileSync(join(ROOT, "test", file), "utf8"));
  const cited = new Set(tests.flatMap((text) => [...text.matchAll(/\bG(\d+)(?:-G(\d+))?\b/g)].flatMap(([, from, to = from]) => range(Number(from), Number(to)))));
  assert.deepEqual(ids.filter((id) => !cited.has(id)), []);
});

/** `G20-G26` cites all of them. */
function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, n) => `G${from + n}`);
}
