/** Stands for vitest inside another runtime: keeps the tests, and runs them one after the other. */
import { patience } from "./wire.ts";

const tests = [];

export function test(name, run) {
  tests.push({ name, run });
}

test.skipIf = () => test;

/** Runs every row, and tells the outcome of each: `{ id, error? }`. The rows in `differing` are not waited for so long. */
export async function runAll(differing, report) {
  const { milliseconds } = patience;
  for (const { name, run: replay } of tests) {
    const id = name.slice(0, name.indexOf(":"));
    patience.milliseconds = differing.includes(id) ? milliseconds / 4 : milliseconds;
    try {
      await replay();
      report({ id });
    } catch (error) {
      report({ id, error: String(error?.stack ?? error).slice(0, 2_000) });
    }
  }
}
