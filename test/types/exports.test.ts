import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

test("every name that released `socket.io` exports is in the list that the compiler looks for here", () => {
  const upstream = exportedNames(readFileSync(join(ROOT, "node_modules/socket.io/dist/index.d.ts"), "utf8"));
  assert.ok(upstream.includes("Server") && upstream.length >= 10, `found only ${upstream.join(", ")}`);
  const ours = new Set(exportedNames(readFileSync(join(import.meta.dirname, "surface.types.ts"), "utf8")));
  assert.deepEqual(upstream.filter((name) => !ours.has(name)), []);
});

function exportedNames(declarations: string): string[] {
  const classes = [...declarations.matchAll(/^export declare class (\w+)/gm)].map(([, name]) => name!);
  const lists = [...declarations.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list]) => list!.split(","));
  return [...classes, ...lists.map((name) => name.trim()).filter((name) => name !== "")];
}
