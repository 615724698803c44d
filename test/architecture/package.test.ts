import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");

interface Entry {
  readonly types: string;
  readonly default: string;
}

interface NpmPackage {
  readonly version: string;
  readonly license: string;
  readonly main: string;
  readonly types: string;
  readonly exports: Readonly<Record<string, Entry | string | { readonly default: Entry }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Conditions that are not named as their runtime. */
const RUNTIME_OF: Readonly<Record<string, string>> = { workerd: "cloudflare" };

const npmPackage = readJson("package.json") as NpmPackage;
const denoPackage = readJson("deno.json") as Pick<NpmPackage, "version" | "license"> & { exports: Record<string, string> };

describe("package.json and deno.json", () => {
  test("agree on the version and the licence", () => {
    assert.deepEqual([denoPackage.version, denoPackage.license], [npmPackage.version, npmPackage.license]);
  });

  test("export entries that have sources; deno.json those that need no types but Deno's", () => {
    const { "./package.json": _, ".": main, ...entries } = npmPackage.exports;
    for (const [name, entry] of Object.entries(entries)) {
      assert.deepEqual(entry, bundleOf(name.slice(2)));
      assert.ok(existsSync(join(ROOT, sourceOf(name.slice(2)))), name);
    }
    const { default: fallback, ...conditions } = main as Record<string, Entry>;
    assert.deepEqual(fallback, bundleOf("node"));
    for (const [condition, entry] of Object.entries(conditions)) assert.deepEqual(entry, bundleOf(RUNTIME_OF[condition] ?? condition));
    const own = ["deno", "client-files", "core"].map((name) => [`./${name}`, sourceOf(name)]);
    assert.deepEqual(denoPackage.exports, { ".": sourceOf("deno"), ...Object.fromEntries(own) });
  });

  test("name the entry of Node for tools that do not read `exports`, such as TypeScript's resolution of Node 10", () => {
    assert.deepEqual({ types: npmPackage.types, default: npmPackage.main }, bundleOf("node"));
  });

  test("name every dependency in one exact version", () => {
    const versions = Object.values({ ...npmPackage.dependencies, ...npmPackage.devDependencies });
    assert.deepEqual(versions.filter((version) => !/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version)), []);
  });
});

describe("the published package", () => {
  const project = mkdtempSync(join(tmpdir(), "omnisocket-package-"));
  const tarball = join(project, `omnisocket-${npmPackage.version}.tgz`);
  const installed = join(project, "node_modules/omnisocket");

  beforeAll(() => {
    assert.ok(existsSync(join(ROOT, "dist/types")), "dist/ is not complete: run `npm run build` first");
    run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", project], ROOT);
    run("tar", ["-xzf", tarball], project);
    mkdirSync(join(project, "node_modules/@types"), { recursive: true });
    renameSync(join(project, "package"), installed);
    for (const name of [...Object.keys(npmPackage.dependencies), "@types/node", "undici-types"])
      symlinkSync(join(ROOT, "node_modules", name), join(project, "node_modules", name), "junction");
  });

  afterAll(() => rmSync(project, { recursive: true }));

  test("holds `dist`, the licence and the read-me, and nothing else", () => {
    const expected = new Set(["dist", "package.json", "LICENSE", "README.md"]);
    assert.deepEqual(readdirSync(installed).filter((name) => !expected.has(name)), []);
  });

  test("passes publint", () => {
    run(join(BIN, "publint"), [tarball, "--strict"], project);
  });

  test("passes attw as ES modules only", () => {
    run(join(BIN, "attw"), [tarball, "--profile", "esm-only"], project);
  });

  test("is imported by name, and shares its classes between entries", () => {
    write("import.mjs", `
      import assert from "node:assert/strict";
      import * as main from "omnisocket";
      import * as node from "omnisocket/node";
      import * as core from "omnisocket/core";
      assert.equal(main, node);
      const shared = Object.keys(core).filter((name) => name in main && !["Server", "Engine"].includes(name));
      assert.ok(shared.includes("Socket"));
      assert.deepEqual(shared.filter((name) => main[name] !== core[name]), []);
      assert.equal(Object.getPrototypeOf(main.Server), Object.getPrototypeOf(core.Server));
      assert.deepEqual([main.Server.name, core.Server.name], ["Server", "Server"]);
    `);
    run(process.execPath, ["import.mjs"], project);
  });

  test("is called and constructed after `require()`", () => {
    write("require.cjs", `
      const assert = require("node:assert/strict");
      const { createServer } = require("node:http");
      const create = require("omnisocket");
      assert.ok(create(createServer()) instanceof create.Server);
      assert.ok(new create.Server(createServer()) instanceof create.Server);
      assert.ok(new create(createServer()) instanceof create.Server);
      assert.equal(require("omnisocket/core").Socket, create.Socket);
    `);
    run(process.execPath, ["--disable-warning=ExperimentalWarning", "require.cjs"], project);
  });

  test("has declarations that compile where only its dependencies are installed", () => {
    write("app.mts", `
      import { createServer } from "node:http";
      import { Server, type Socket } from "omnisocket";
      import { timerHost } from "omnisocket/core";
      const io: Server = new Server(createServer());
      export { io, timerHost, type Socket };
    `);
    write("app.cts", `
      import create = require("omnisocket");
      export const io = create(3000);
      export const same = new create.Server();
    `);
    const options = ["--preserveSymlinks", "--strict", "--module", "nodenext", "--target", "es2022", "--types", "node", "--noEmit"];
    run(join(BIN, "tsc"), [...options, "app.mts", "app.cts"], project);
  });

  function write(file: string, source: string): void {
    writeFileSync(join(project, file), source);
  }
});

function bundleOf(entry: string): Entry {
  return { types: `./dist/types/runtimes/${entry}.d.ts`, default: `./dist/${entry}.js` };
}

function sourceOf(entry: string): string {
  return `./runtimes/${entry}.ts`;
}

/** Throws what the program printed when it fails. */
function run(program: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(program, args, { cwd, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    assert.fail(`${basename(program)} failed\n${stdout}${stderr}`);
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}
