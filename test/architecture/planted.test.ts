/** Each lock of the repository, shown to fail on the violation that it is there for. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, test } from "vitest";
import { forbiddenImports } from "./layers.ts";

const ROOT = join(import.meta.dirname, "../..");
const PATH = join(ROOT, "node_modules/.bin") + delimiter + process.env["PATH"];
const COPIED = ["src", "runtimes", "test/types", "test/tsconfig.json", "package.json", "tsconfig.json", "build.ts", ".oxlintrc.json"];

let copy: string;

beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), "omnisocket-planted-"));
  for (const path of COPIED) cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
});

afterEach(() => rmSync(copy, { recursive: true }));

test("a platform's name in `src` does not compile", () => {
  const names = ["process", "Buffer", "setImmediate", "global", "require", "__dirname", "Deno", "Bun"];
  plant("src/planted.ts", ['import "node:fs";', ...names.map((name) => `${name};`)]);
  const output = failureOf("tsc", "--project", "src", "--noEmit");
  assert.deepEqual(linesIn(output, "src/planted.ts"), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("a type test that meets no error does not compile", () => {
  plant("test/types/planted.ts", ["// @ts-expect-error", "export const fine: number = 1;"]);
  const output = failureOf("tsc", "--project", "test", "--noEmit");
  assert.deepEqual(linesIn(output, "test/types/planted.ts"), [1]);
});

test("a platform's module does not bundle into the core", () => {
  plant("src/index.ts", ['export { readFileSync } from "node:fs";']);
  assert.match(failureOfBuild(), /Could not resolve "node:fs"/);
});

test("a package does not bundle into the core", () => {
  plant("src/index.ts", ['export { createDebug } from "obug";']);
  assert.match(failureOfBuild(), /it has no dependency, yet it imports .*node_modules\/obug/);
});

test("an import against the table breaks the layers", () => {
  plant("src/wire/planted.ts", ['import "../engine/session.ts";', 'export type { Server } from "../index.ts";']);
  plant("runtimes/node/planted.ts", ['const deno = import("../deno.ts");', 'import "../../src/wire/batch.ts";']);
  assert.deepEqual(forbiddenImports(copy), [
    "src/wire/planted.ts imports src/engine/session.ts",
    "src/wire/planted.ts imports src/index.ts",
    "runtimes/node/planted.ts imports runtimes/deno.ts",
    "runtimes/node/planted.ts imports src/wire/batch.ts",
  ]);
});

test("what the core must not touch does not pass the linter", () => {
  const violations = [
    'import "node:fs";',
    'import "ws";',
    "export let anything: any;",
    "export default 1;",
    "Date.now();",
    "Math.random();",
    "setTimeout(() => {}, 1);",
    "queueMicrotask(() => {});",
    "globalThis.process;",
    "async function floating(): Promise<void> {}",
    "floating();",
    "await floating();",
    "if (anything == 1) console.log();",
  ];
  plant("src/planted.ts", violations);
  const output = failureOf("oxlint", "--format=unix", "src/planted.ts");
  assert.deepEqual(linesIn(output, "src/planted.ts"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13]);
});

function plant(file: string, lines: readonly string[]): void {
  appendFileSync(join(copy, file), `${lines.join("\n")}\n`);
}

/** What the program prints as it fails on the copy. */
function failureOf(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: copy, encoding: "utf8", env: { ...process.env, PATH } });
  const output = stdout + stderr;
  assert.notEqual(status, 0, `${program} passed:\n${output}`);
  return output;
}

function failureOfBuild(): string {
  return failureOf("npm", "run", "--silent", "build");
}

/** The line numbers of `file` that `output` complains about, each once. */
function linesIn(output: string, file: string): number[] {
  const numbers = Array.from(output.matchAll(/^([\w/.]+)[:(](\d+)[:,]/gm), ([, path, line]) => (path === file ? Number(line) : 0));
  return [...new Set(numbers)].filter((line) => line > 0).sort((a, b) => a - b);
}
