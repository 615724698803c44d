/** Redis, two servers and a load balancer: `npm run start:cluster`. `NODES`, `PORT` and `REDIS_URL` may say otherwise. */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createBalancer } from "./balancer.mjs";

const { NODES = "2", PORT = "3000", HOST, REDIS_URL } = process.env;
const NAMES = "abcdefghijklmnopqrstuvwxyz";

const broker = REDIS_URL === undefined ? await startRedis() : { url: REDIS_URL, end: async () => {} };
const nodes = new Map();
for (const name of NAMES.slice(0, Number(NODES))) nodes.set(name, await startNode(name));

const balancer = createBalancer(new Map(Array.from(nodes, ([name, { port }]) => [name, port])));
balancer.listen(Number(PORT), HOST, () => {
  console.log(`Redis at ${broker.url}`);
  for (const [name, { port }] of nodes) console.log(`Server ${name} at http://127.0.0.1:${port}`);
  console.log(`Chat at http://localhost:${balancer.address().port}, on ${nodes.size} servers`);
});

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);

async function stop() {
  balancer.close();
  await Promise.all(Array.from(nodes.values(), (node) => node.end()));
  balancer.closeAllConnections();
  await broker.end();
  process.exit();
}

/** A server process. It ends when its channel to this one does, whatever happens to this one. */
async function startNode(name) {
  const node = fork(new URL("node.mjs", import.meta.url), { env: { ...process.env, NODE: name, REDIS_URL: broker.url } });
  const exit = once(node, "exit");
  const [message] = await Promise.race([once(node, "message"), exit.then(() => [])]);
  if (message === undefined) throw new Error(`Server ${name} did not start`);
  const end = async () => {
    if (node.connected) node.disconnect();
    await exit;
  };
  return { port: message.port, end };
}

/** A Redis of our own, on a port that is free. */
async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), "omnisocket-cluster-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  // In a group of its own: Ctrl-C is for us, and Redis goes last.
  const redis = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
  process.once("exit", () => redis.kill());
  const failed = once(redis, "exit").then(([code]) => Promise.reject(new Error(`redis-server ended with ${code}`)));
  const missing = once(redis, "error").then(([error]) => {
    if (error.code !== "ENOENT") throw error;
    throw new Error("redis-server is missing. On Debian: apt-get install redis-server. Or set REDIS_URL to one that runs.");
  });
  await Promise.race([isReady(redis.stdout), failed, missing]);
  const end = async () => {
    redis.kill();
    await failed.catch(() => rmSync(folder, { recursive: true, force: true }));
  };
  failed.catch(() => {});
  return { url: `redis://127.0.0.1:${port}`, end };
}

async function isReady(output) {
  for await (const line of createInterface(output)) {
    if (!line.includes("Ready to accept connections")) continue;
    output.resume();
    return;
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
