import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { forbiddenImports, MAY_IMPORT } from "./layers.ts";

const ROOT = join(import.meta.dirname, "../..");

test("`src` and `runtimes` import only what their layer may", () => {
  assert.deepEqual(forbiddenImports(ROOT), []);
});

test("every folder and file of `src` and `runtimes` has its row in the table", () => {
  const layers = ["src", "runtimes"]
    .flatMap((folder) => readdirSync(join(ROOT, folder)))
    .filter((name) => name.endsWith(".ts") || !name.includes("."))
    .map((name) => name.replace(/\.ts$/, ""));
  assert.deepEqual(layers.filter((layer) => !(layer in MAY_IMPORT)), []);
});
