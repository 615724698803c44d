import assert from "node:assert/strict";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import type { Host, Orders, Running } from "../host.ts";
import { ROOT } from "./spawned.ts";
import { tcp } from "./tcp.ts";

const bundle = join(ROOT, ".cache/conformance/worker.mjs");

const bundled = build({
  entryPoints: [join(import.meta.dirname, "../programs/worker.mjs")],
  outfile: bundle,
  bundle: true,
  format: "esm",
  platform: "neutral",
  external: ["cloudflare:workers"],
});

export const cloudflare: Host = {
  name: "cloudflare",
  binary: "Uint8Array",
  lacks: {
    "owns a port": "Ports belong to the platform.",
    "hears of leaving": "workerd tells an object of an abort with no request.",
    "hears of lost answers": "workerd tells an object of an abort with no request.",
    "sleeps while polling": "A request that is being answered keeps the object awake.",
    "serves the client": "There are no files: the app hands them over, from `omnisocket/client-files`.",
  },
  network: tcp,
  start,
};

async function start({ certificate, ...orders }: Orders): Promise<Running> {
  await bundled;
  const miniflare = new Miniflare({
    modules: true,
    scriptPath: bundle,
    compatibilityDate: "2026-01-01",
    durableObjects: { APP: { className: "App", useSQLite: true } },
    bindings: { ORDERS: orders },
    host: "127.0.0.1",
    port: 0,
    ...(certificate && { https: true, httpsKey: certificate.key, httpsCert: certificate.cert }),
  });
  const url = (await miniflare.ready).origin;
  const constructed = async (): Promise<number> => Number(await (await miniflare.dispatchFetch(`${url}/constructed`)).text());
  let atEviction = 0;
  return {
    url,
    stop: () => miniflare.dispose(),
    async evict() {
      const count = await constructed();
      assert.ok(count > atEviction, "the object came back since it was evicted");
      await miniflare.unsafeEvictDurableObject("", "App", { name: "main", webSockets: "hibernate" });
      atEviction = count;
    },
  };
}
