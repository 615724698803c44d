/** L14: clients come, use every feature and leave, three times; then no object of ours is left. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Verdict } from "../verdict.mjs";
import { frame } from "../web-socket.mjs";

const OPTIONS = { cleanupEmptyChildNamespaces: true, connectionStateRecovery: { maxDisconnectionDuration: 300 }, pingInterval: 500, pingTimeout: 500 };

export async function objects({ start, scale }) {
  const server = await start(OPTIONS);
  await visit(server.port, 4);
  const before = { counts: await server.ask("heap"), stats: await server.settled() };
  const count = Math.ceil(500 * scale);
  for (let times = 0; times < 3; times++) await visit(server.port, count);
  const after = { counts: await server.ask("heap"), stats: await server.settled() };
  const verdict = new Verdict();
  const grown = Object.entries(after.counts).filter(([name, objectCount]) => objectCount > (before.counts[name] ?? 0));
  verdict.note("classes looked at", Object.keys(after.counts).length);
  verdict.atMost(0, "objects too many", grown.reduce((all, [name, objectCount]) => all + objectCount - (before.counts[name] ?? 0), 0));
  if (grown.length > 0) verdict.note("of the classes", grown.map(([name]) => name).join(" "));
  verdict.emptied(before.stats, after.stats);
  return { did: `3 × ${count} clients came, used everything and left`, figures: verdict.figures, failures: verdict.failures };
}

/** Clients that do everything once; of the ways to leave, each is taken by some. Resolves when the server has forgotten them. */
async function visit(port, count) {
  const clients = await openMany(count, (at) => arrive(port, at));
  await Promise.all(clients.map((client, at) => useAll(client, at)));
  clients.forEach(leave);
  closeIdle();
  await wait(1200);
}

async function arrive(port, at) {
  if (at % 4 === 0) return Client.webSocket(port);
  const client = await Client.polling(port);
  if (at % 4 > 1) await client.upgrade();
  return client;
}

async function useAll(client, at) {
  await client.call("join", ["all", `room-${at % 7}`, `own-${at}`]);
  await client.call("echo", { nested: ["text", at] });
  client.emit("flood", 3, 2000);
  client.emit("ask", 5);
  client.emit("count", 1000, 100);
  if (client.raw === undefined) return;
  client.raw.send(`40/dynamic-${at % 5},`);
  client.raw.send("40/nowhere,");
  client.raw.send('451-["echo",{"_placeholder":true,"num":0}]');
  client.raw.send(Buffer.alloc(100));
  // Left open: an attachment that never comes.
  if (at % 8 === 0) client.raw.send('451-["echo",{"_placeholder":true,"num":0}]');
}

function leave(client, at) {
  if (at % 3 === 0 && client.raw !== undefined) client.raw.write(frame("1"));
  client.leave();
}
