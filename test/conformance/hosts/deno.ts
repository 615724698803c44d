import { join } from "node:path";
import type { Host } from "../host.ts";
import { ROOT, startProgram } from "./spawned.ts";
import { tcp } from "./tcp.ts";

export const deno: Host = {
  name: "deno",
  binary: "Uint8Array",
  lacks: {
    "hears of lost answers": "Its signal aborts after every answer, whether it arrived or not.",
    "serves the client": "Reading files takes a permission: the app hands the files over, from `omnisocket/client-files`.",
    sleeps: "The process keeps its memory as long as it runs.",
  },
  network: tcp,
  start(orders) {
    const program = join(import.meta.dirname, "../programs/deno.mjs");
    return startProgram([join(ROOT, "node_modules/.bin/deno"), "run", "--quiet", "--allow-net", program], orders);
  },
};
