import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "vitest";
import { ROOT } from "./program.ts";

const SECONDS = 60;

interface Row {
  readonly test: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

/** What a soak test has found, small. */
async function soak(name: string, scale: number): Promise<Row> {
  const output = await new Promise<string>((resolve) => {
    const args = ["soak/run.mjs", name, "--json", "--scale", String(scale)];
    execFile(process.execPath, args, { cwd: ROOT, timeout: SECONDS * 1000 }, (_error, stdout) => resolve(stdout));
  });
  const [row] = JSON.parse(output) as [Row];
  // How fast answers come depends on what else the machine does.
  return { ...row, failures: row.failures.filter((failure) => !failure.includes("(ms)")) };
}

test("upgrades that break at any byte lose, double and reorder nothing (G2)", { timeout: SECONDS * 1000 }, async () => {
  const { figures, failures } = await soak("L5", 0.1);
  assert.deepEqual(failures, []);
  assert.ok(figures["upgrades broken"]! > 0);
});

test("attackers make a real process hold no more than the stated bound (G9)", { timeout: SECONDS * 1000 }, async () => {
  assert.deepEqual((await soak("L6", 0.2)).failures, []);
});

test("no object is left of clients who have used everything and left", { timeout: SECONDS * 1000 }, async () => {
  const { figures, failures } = await soak("L14", 0.1);
  assert.deepEqual(failures, []);
  assert.ok(figures["classes looked at"]! > 10);
});

test("a Durable Object that is evicted at any moment loses no namespace, room, session or message (G44)", { timeout: SECONDS * 1000 }, async () => {
  const { figures, failures } = await soak("evictions", 0.01);
  assert.deepEqual(failures, []);
  assert.ok(figures["recoveries"]! > 0);
});
