import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "vitest";
import { bundleCli } from "./bundle.ts";

const SEEDS = 25;

const bin = join(import.meta.dirname, "../../node_modules/.bin");

const engines: Readonly<Record<string, readonly string[]>> = {
  Node: [process.execPath],
  Bun: [join(bin, "bun"), "run"],
  Deno: [join(bin, "deno"), "run", "--quiet", "--allow-all"],
};

test("the same seeds go the same way on three engines (I26)", { timeout: 120_000 }, async () => {
  const bundle = await bundleCli();
  const waysOn = async ([program, ...args]: readonly string[]): Promise<string[]> => {
    const { stdout } = await promisify(execFile)(program!, [...args, bundle, "--hashes", "--seeds", String(SEEDS)]);
    return stdout.trim().split("\n");
  };
  const [first, ...others] = await Promise.all(Object.values(engines).map(waysOn));
  assert.equal(new Set(first).size, SEEDS);
  for (const [index, ways] of others.entries()) assert.deepEqual(ways, first, Object.keys(engines)[index + 1]);
});
