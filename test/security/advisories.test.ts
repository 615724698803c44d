/** The document of advisories names what the tests play, no more and no less. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

test("docs/advisories.md has a row for each advisory that is tested, and for no other", () => {
  const tests = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith("-advisories.test.ts"))
    .map((name) => readFileSync(join(import.meta.dirname, name), "utf8"));
  const played = tests.flatMap((text) => [...text.matchAll(/\b(?:advisory|test)\("([^":]+)[":]/g)].map(([, id]) => id!));
  const doc = readFileSync(join(import.meta.dirname, "../../docs/advisories.md"), "utf8");
  const [tested] = doc.split("\n## Not for a server");
  const written = [...tested!.matchAll(/^\| ([^ |]+) \|/gm)].map(([, id]) => id!).filter((id) => id !== "advisory" && id !== "---");
  assert.deepEqual([...new Set(written)].sort(), [...new Set(played)].sort());
  assert.equal(written.length, new Set(written).size, "each once");
});
