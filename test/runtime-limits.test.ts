/** The limits that a runtime sets by itself, beside those of the core. */
import assert from "node:assert/strict";
import { test } from "vitest";
import { type Limits, resolveLimits } from "../src/engine/limits.ts";

// The types of the platforms are not those of the tests.
const load = (path: string): Promise<Record<string, () => Partial<Limits>>> => import(path);

const runtimes: Readonly<Record<string, () => Promise<Partial<Limits>>>> = {
  node: async () => (await load("../runtimes/node/limits.ts"))["nodeLimits"]!(),
  deno: async () => (await load("../runtimes/deno/host.ts"))["denoLimits"]!(),
  bun: async () => (await load("../runtimes/bun/limits.ts"))["bunLimits"]!(),
  cloudflare: async () => (await load("../runtimes/cloudflare/limits.ts"))["cloudflareLimits"]!(),
};

for (const [runtime, limitsOf] of Object.entries(runtimes)) {
  test(`on ${runtime} a client that reads slowly is spared what is volatile before it is closed (G5)`, async () => {
    const { highWaterMark, maxBufferedBytes, maxTotalBufferedBytes } = resolveLimits({}, 1_000_000, await limitsOf());
    assert.ok(highWaterMark < maxBufferedBytes, `${highWaterMark} < ${maxBufferedBytes}`);
    assert.ok(maxBufferedBytes < maxTotalBufferedBytes, `${maxBufferedBytes} < ${maxTotalBufferedBytes}`);
  });
}
