/** The server of the soak tests on `node:http`. `SERVER` names another package than ours. */
import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { App, obey } from "../app.mjs";
import { countObjects } from "../heap.mjs";

const { Server } = await import(process.env.SERVER ?? "../../dist/node.js");
const isOurs = process.env.SERVER === undefined;

// Node ends connections that were idle for longer, 5 s by default: after a standstill also those on which a request of a polling client waits.
const keepAliveTimeout = 75_000;

const http = createServer({ keepAliveTimeout }, async (request, response) => {
  const body = request.url === "/soak/heap" ? await countObjects() : await obey(app, request.url);
  response.statusCode = body === undefined ? 404 : 200;
  response.end(JSON.stringify(request.url === "/soak/stats" ? { ...body, ...resources() } : body));
});
const io = new Server(http, JSON.parse(process.env.OPTIONS ?? "{}"));
const app = new App(io);
await adapt();
http.listen({ port: Number(process.env.PORT ?? 0), host: "127.0.0.1", backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: http.address().port }));
});

process.once("SIGTERM", async () => {
  const emitted = app.stopBroadcast();
  const begun = performance.now();
  await (isOurs ? io.close(JSON.parse(process.env.CLOSING ?? "{}")) : io.close());
  console.log(JSON.stringify({ emitted, took: performance.now() - begun }));
});

/** What a process has beside memory. */
function resources() {
  const timers = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  return { descriptors: readdirSync("/proc/self/fd").length, timers };
}

/** Joins the nodes of a Redis, where there is one. */
async function adapt() {
  if (process.env.REDIS === undefined) return;
  const { Redis } = await import("ioredis");
  const { createAdapter } = await import("@socket.io/redis-adapter");
  const publisher = new Redis(process.env.REDIS, { maxRetriesPerRequest: null });
  const subscriber = publisher.duplicate();
  for (const client of [publisher, subscriber]) client.on("error", () => {});
  io.adapter(createAdapter(publisher, subscriber, { requestsTimeout: 2000 }));
}
