/**
 * `npm test` and `npm run test:system`: every check of a suite, each run even when one before it failed.
 * The last line counts them all: `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { buildWhenStale, installPackages, npm } from "./prepare.mjs";

const suite = process.argv[2];
let passed = 0;
let failed = 0;

installPackages();
if (suite === "main") ["build", "typecheck", "lint"].forEach(runScript);
else buildWhenStale();
runVitest();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runScript(name) {
  const ok = npm("run", "--silent", name);
  console.log(`${name}: ${ok ? "passed" : "failed"}\n`);
  if (ok) passed += 1;
  else failed += 1;
}

function runVitest() {
  const report = `.cache/vitest-${suite}.json`;
  rmSync(report, { force: true });
  const args = ["run", `--project=${suite}`, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], { stdio: "inherit" });
  const tests = countTests(report);
  passed += tests.passed;
  // A file that does not load, or an error outside every test, fails the run without a failed test.
  failed += tests.failed + tests.brokenFiles || Number(status !== 0);
  if (tests.skipped > 0) console.log(`${tests.skipped} skipped`);
}

function countTests(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    const brokenFiles = testResults.filter((file) => file.status === "failed" && file.assertionResults.every((t) => t.status !== "failed"));
    return { passed: numPassedTests, failed: numFailedTests, brokenFiles: brokenFiles.length, skipped: numPendingTests + numTodoTests };
  } catch {
    return { passed: 0, failed: 0, brokenFiles: 0, skipped: 0 };
  }
}
