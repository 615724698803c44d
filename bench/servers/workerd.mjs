/** Bundles the Worker, writes a configuration for workerd beside it, and prints where that is. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const folder = mkdtempSync(join(tmpdir(), "bench-workerd-"));
const storage = join(folder, "storage");
mkdirSync(storage);
buildSync({
  entryPoints: [fileURLToPath(new URL("worker.mjs", import.meta.url))],
  bundle: true,
  format: "esm",
  platform: "neutral",
  external: ["cloudflare:*"],
  outfile: join(folder, "worker.mjs"),
});
writeFileSync(join(folder, "config.capnp"), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "storage", disk = (path = "${storage}", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:${process.env.PORT ?? 0}", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [(className = "Room", uniqueKey = "room", enableSql = true)],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [(name = "ROOM", durableObjectNamespace = "Room")],
);
`);
console.log(join(folder, "config.capnp"));
