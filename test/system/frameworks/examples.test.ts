/** Each framework's example, installed from the packed package and run as its own `npm test` does. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, test } from "vitest";
import { ROOT, requireProgram } from "../program.ts";

const run = promisify(execFile);

const EXAMPLES = join(ROOT, "examples");
const FRAMEWORKS = ["nestjs", "nextjs", "fastify", "fastify-socket.io", "h3", "nitro", "metrics"];
/** Milliseconds for one example: packages, build and check. */
const PATIENCE = 180_000;

interface Lock {
  readonly packages: Readonly<Record<string, { readonly resolved?: string; readonly integrity?: string; readonly dependencies?: unknown }>>;
}

beforeAll(async () => {
  assert.ok(existsSync(join(ROOT, "dist/types")), "dist/ is not complete: run `npm run build` first");
  await requireProgram("Chromium", ["/usr/bin/chromium", "--version"], "chromium");
  await run("npm", ["run", "--silent", "examples:pack"], { cwd: ROOT });
});

describe.concurrent("the example of", { timeout: PATIENCE }, () => {
  for (const name of FRAMEWORKS) {
    test(`${name} installs, builds, and serves released clients`, async () => {
      await npm(name, ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]);
      await npm(name, ["test"]);
    });
  }
});

test("the lock files of the examples name what the package needs today, and no tarball's checksum", () => {
  const { dependencies } = readJson("package.json") as { dependencies: unknown };
  for (const name of FRAMEWORKS) {
    const { packages } = readJson(`examples/${name}/package-lock.json`) as Lock;
    const ours = Object.values(packages).filter(({ resolved }) => resolved === "file:../omnisocket.tgz");
    assert.ok(ours.length > 0, name);
    for (const { integrity, dependencies: locked } of ours) assert.deepEqual([integrity, locked], [undefined, dependencies], name);
  }
});

/** Throws what npm printed when it fails. */
async function npm(example: string, args: readonly string[]): Promise<void> {
  await run("npm", args, { cwd: join(EXAMPLES, example), timeout: PATIENCE }).catch(({ stdout, stderr }: { stdout: string; stderr: string }) => {
    assert.fail(`npm ${args.join(" ")} failed\n${stdout}${stderr}`);
  });
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), "utf8"));
}
