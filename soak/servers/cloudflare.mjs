/** A Durable Object in workerd, which Miniflare drives; `WORKER` names another Worker's program. The tests' commands have a port of their own. */
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const { outputFiles: [bundle] } = await build({
  entryPoints: [fileURLToPath(new URL(process.env.WORKER ?? "worker.mjs", import.meta.url))],
  bundle: true,
  format: "esm",
  platform: "neutral",
  // Packages tell by it where they run.
  conditions: ["workerd"],
  external: ["cloudflare:workers"],
  write: false,
});
/** What workerd has printed: faults that nobody else hears of. */
const complaints = [];
const miniflare = new Miniflare({
  modules: true,
  script: bundle.text,
  compatibilityDate: "2026-01-01",
  durableObjects: { APP: { className: "App", useSQLite: true } },
  bindings: { OPTIONS: JSON.parse(process.env.OPTIONS ?? "{}") },
  host: "127.0.0.1",
  port: 0,
  handleRuntimeStdio(stdout, stderr) {
    for (const stream of [stdout, stderr]) stream.on("data", (data) => complaints.push(String(data)));
  },
});
const { origin, port } = await miniflare.ready;

const control = createServer(async (request, response) => response.end(JSON.stringify(await obey(request.url))));
control.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: Number(port), control: control.address().port })));

process.once("SIGTERM", async () => {
  await miniflare.dispose();
  process.exit();
});

async function obey(address) {
  if (address.startsWith("/soak/evict")) return evict();
  if (address.startsWith("/soak/complaints")) return complaints;
  const answer = await (await miniflare.dispatchFetch(origin + address)).json();
  return address.startsWith("/soak/stats") ? { ...answer, ...resources() } : answer;
}

/** Takes the object out of memory as soon as nothing keeps it there. Its clients' WebSockets stay. */
async function evict() {
  try {
    await miniflare.unsafeEvictDurableObject("", "App", { name: "main", webSockets: "hibernate" });
    return "evicted";
  } catch (error) {
    return error.message;
  }
}

/** What workerd has: one of the children of this process. */
function resources() {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  const pid = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() === "workerd");
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ").slice(11, 13);
  // The kernel counts hundredths of a second.
  const rss = Number(kib) * 1024;
  // Nothing tells the heap of one object.
  return { rss, heapUsed: rss, cpu: (Number(user) + Number(system)) * 10, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
