import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { test } from "vitest";
import { LIMITS, MAX_HTTP_BUFFER_SIZE } from "./attack-limits.ts";

const ROOT = join(import.meta.dirname, "../..");

test("no attack makes a server hold more for a connection than the stated bound (G9)", { timeout: 60_000 }, async () => {
  const program = join(ROOT, ".cache/attackers.mjs");
  await build({ entryPoints: [join(import.meta.dirname, "attackers.ts")], outfile: program, bundle: true, format: "esm", platform: "node", target: "node20" });
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program]);
  const held = Object.entries(JSON.parse(stdout) as Record<string, number>);
  assert.ok(held.length >= 12);
  const bound = LIMITS.maxBufferedBytes + LIMITS.maxReassemblyBytes + LIMITS.maxQueuedBytes + 2 * MAX_HTTP_BUFFER_SIZE + 65_536;
  console.log(`bytes held for each connection, of ${bound}: ${held.map(([name, bytes]) => `${name} ${bytes}`).join(", ")}`);
  assert.deepEqual(held.filter(([, bytes]) => bytes > bound), []);
});
