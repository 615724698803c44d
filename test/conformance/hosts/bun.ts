import { join } from "node:path";
import type { Host } from "../host.ts";
import { ROOT, startProgram } from "./spawned.ts";
import { tcp } from "./tcp.ts";

export const bun: Host = {
  name: "bun",
  binary: "Buffer",
  lacks: { sleeps: "The process keeps its memory as long as it runs." },
  network: tcp,
  start(orders) {
    const program = join(import.meta.dirname, "../programs/bun.mjs");
    return startProgram([join(ROOT, "node_modules/.bin/bun"), program], orders);
  },
};
