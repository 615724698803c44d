/** The core's own tests, run by the test runners of Deno and Bun. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "vitest";
import { ROOT } from "./hosts/spawned.ts";

/** What imports nothing but the core, `#test`, `node:assert` and fast-check. */
const TESTS = ["./test/wire/", "./test/events/", "./test/engine/", "./test/schedule.test.ts", "./test/server/", "./test/adapter/"];

/** Tests that cannot pass there. */
const EXCEPTIONS = [
  // Both runners fail a test as soon as a promise is rejected that nobody handles, which is what this one wants to see.
  "onListenerError() rejects a promise that nobody handles when it is not overridden",
];

interface Result {
  readonly passed: number;
  readonly failed: readonly string[];
}

interface Runner {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What its report says. */
  read(report: string): Result;
}

const runners: readonly Runner[] = [
  {
    name: "deno",
    // Without any permission: the core asks for none.
    command: ["deno", "test", "--no-check", "--no-prompt", "--quiet"],
    read: (report) => ({
      passed: Number(/ passed \((\d+) steps\)/.exec(report)?.[1]),
      failed: [...report.split("FAILURES")[1]?.matchAll(/^.* \.\.\. (.+) => /gm) ?? []].map(([, name]) => name!),
    }),
  },
  {
    name: "bun",
    // Its own limit is 5 s a test, which property tests can take on a slow machine.
    command: ["bun", "test", "--timeout", "60000"],
    read: (report) => ({
      passed: Number(/^ *(\d+) pass$/m.exec(report)?.[1]),
      failed: [...new Set([...report.matchAll(/^\(fail\) (?:.* > )?(.+?) \[.*\]$/gm)].map(([, name]) => name!))],
    }),
  },
];

for (const { name, command: [file, ...args], read } of runners) {
  test(`the core's own tests pass on ${name}`, { timeout: 360_000 }, async () => {
    const child = spawn(join(ROOT, "node_modules/.bin", file), [...args, ...TESTS], { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" } });
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    const report = `${out}\n${errors}`;
    const { passed, failed } = read(report);
    assert.deepEqual(failed, EXCEPTIONS, report.slice(-4_000));
    assert.ok(passed > 1_000, `only ${passed} tests ran\n${report.slice(-4_000)}`);
    console.log(`core tests on ${name}: ${passed} passed, ${failed.length} cannot`);
  });
}
