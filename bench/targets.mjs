/** Our servers as targets of an outside harness that pins one, drives it, and samples its process tree. */
import { fileURLToPath } from "node:url";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = (runtime) => [runtime, "--expose-gc", file("servers/node.mjs")];
const workerd = file("../node_modules/workerd/bin/workerd");

// The harness looks for the default export.
// oxlint-disable-next-line no-default-export
export default ({ NODE20, NODE24, BUN, DENO }) => ({
  "omni-node20": { cmd: node(NODE20), raw: "raw-node20" },
  "omni-node24": { cmd: node(NODE24), raw: "raw-node24" },
  "omni-bun": { cmd: [BUN, file("servers/bun.mjs")], raw: "raw-bun-publish" },
  "omni-deno": {
    cmd: [DENO, "run", "-A", "--no-lock", "--v8-flags=--expose-gc", file("servers/deno.mjs")],
    raw: "raw-deno",
  },
  // workerd opens two descriptors for a connection.
  "omni-workerd": {
    cmd: ["sh", "-c", `exec "${workerd}" serve "$(node "${file("servers/workerd.mjs")}")" config`],
    raw: "raw-workerd",
    steps: "2500,5000",
  },
});
