import { join } from "node:path";
import { build } from "esbuild";
import type { Host } from "../host.ts";
import { ROOT, startProgram } from "./spawned.ts";
import { tcp } from "./tcp.ts";

const bundle = join(ROOT, ".cache/conformance/node.mjs");

/** Node 20 runs no TypeScript. */
const bundled = build({
  entryPoints: [join(import.meta.dirname, "../programs/node.mjs")],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
});

export const node: Host = {
  name: "node",
  binary: "Buffer",
  lacks: { sleeps: "The process keeps its memory as long as it runs." },
  network: tcp,
  async start(orders) {
    await bundled;
    return startProgram([process.execPath, bundle], orders);
  },
};
