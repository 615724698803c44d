import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

describe("Deno's own compiler", () => {
  test("accepts the runtime and the examples", () => {
    deno("check", "runtimes/deno.ts", "examples/chat/deno.ts", "examples/hono/deno.ts");
  });

  test("accepts a typed app that was written for `socket.io`", () => {
    const importMap = join(ROOT, ".cache/deno-imports.json");
    writeFileSync(importMap, JSON.stringify({ imports: { "socket.io": "../runtimes/deno.ts" } }));
    deno("check", "--import-map", importMap, "test/types/drop-in/rules.ts");
  });

  test("accepts the package as `deno publish` would send it", () => {
    deno("publish", "--dry-run", "--allow-dirty");
  });
});

function deno(...args: string[]): void {
  execFileSync(join(ROOT, "node_modules/.bin/deno"), args, { cwd: ROOT, stdio: "pipe" });
}
