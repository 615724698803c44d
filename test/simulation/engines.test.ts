import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, test } from "vitest";
import { bundleCli } from "./bundle.ts";
import { drawScenario } from "./draw.ts";

const bin = join(import.meta.dirname, "../../node_modules/.bin");

const engines: Readonly<Record<string, readonly string[]>> = {
  Node: [process.execPath],
  Bun: [join(bin, "bun"), "run"],
  Deno: [join(bin, "deno"), "run", "--quiet", "--allow-all"],
};

describe("the same seeds go the same way on three engines (I26)", () => {
  const compare = async (from: number, count: number): Promise<void> => {
    const bundle = await bundleCli();
    const waysOn = async ([program, ...args]: readonly string[]): Promise<string[]> => {
      const { stdout } = await promisify(execFile)(program!, [...args, bundle, "--hashes", "--from", String(from), "--seeds", String(count)]);
      return stdout.trim().split("\n");
    };
    const [first, ...others] = await Promise.all(Object.values(engines).map(waysOn));
    assert.equal(new Set(first).size, count);
    for (const [index, ways] of others.entries()) assert.deepEqual(ways, first, Object.keys(engines)[index + 1]);
  };

  test("with models of clients", { timeout: 120_000 }, () => compare(1, 25));

  test("with the released client", { timeout: 120_000 }, async () => {
    const [from, count] = [651, 4];
    const scenarios = Array.from({ length: count }, (_, index) => drawScenario(from + index));
    assert.ok(scenarios.some(({ clients }) => clients.some(({ released }) => released)), "seeds have changed: choose others");
    await compare(from, count);
  });
});
