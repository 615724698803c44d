/**
 * `npm test` and `npm run test:system`: every check of a suite, each run even when one before it failed.
 * The last line counts them all: `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { buildWhenStale, installPackages, npm } from "./prepare.mjs";

/** Of vitest's configuration, for each suite. */
const projects = { main: ["main", "simulation"], system: ["system"] };

const suite = process.argv[2];
let passed = 0;
let failed = 0;
let skipped = 0;
/** What failed, a line each: told again at the end, as what the tests print is long. */
const failures = [];

installPackages();
if (suite === "main") ["build", "typecheck", "lint"].forEach(runScript);
else buildWhenStale();
runVitest();
if (skipped > 0) console.log(`${skipped} skipped`);
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runScript(name) {
  const ok = npm("run", "--silent", name);
  console.log(`${name}: ${ok ? "passed" : "failed"}\n`);
  if (ok) passed += 1;
  else fail(name);
}

function runVitest() {
  const report = `.cache/vitest-${suite}.json`;
  rmSync(report, { force: true });
  const args = ["run", ...projects[suite].map((name) => `--project=${name}`), "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(process.execPath, ["node_modules/vitest/vitest.mjs", ...args], { stdio: "inherit" });
  const failedBefore = failed;
  for (const file of readReport(report)) countTests(file);
  // An error outside every test fails the run without a failed test.
  if (status !== 0 && failed === failedBefore) fail(`vitest, with status ${status}`);
}

function readReport(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8")).testResults;
  } catch {
    return [];
  }
}

function countTests({ name, status, message, assertionResults }) {
  const broken = assertionResults.filter((test) => test.status === "failed");
  const good = assertionResults.filter((test) => test.status === "passed");
  passed += good.length;
  skipped += assertionResults.length - good.length - broken.length;
  const file = relative(".", name);
  for (const test of broken) fail(`${file}: ${test.fullName}: ${briefly(test.failureMessages[0])}`);
  // A file that does not load has no tests.
  if (status === "failed" && broken.length === 0) fail(`${file}: ${briefly(message)}`);
}

function fail(what) {
  failed += 1;
  failures.push(what);
}

/** The first line of an error, and the first place of ours in its stack. */
function briefly(error = "") {
  const [what, ...stack] = stripVTControlCharacters(error).split("\n");
  const place = stack.find((line) => /\bat .*\/(test|src|runtimes)\//.test(line) && !line.includes("node_modules"));
  return place === undefined ? what : `${what} ${place.trim()}`;
}
