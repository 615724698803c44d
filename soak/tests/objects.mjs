/** L14: clients come, use every feature and leave, three times; then no object of ours is left. */
import { Client, closeIdle, openMany } from "../client.mjs";
import { Verdict, isEmptied } from "../verdict.mjs";
import { frame } from "../web-socket.mjs";

const OPTIONS = { cleanupEmptyChildNamespaces: true, connectionStateRecovery: { maxDisconnectionDuration: 300 }, pingInterval: 500, pingTimeout: 10_000 };

export async function objects({ start, scale }) {
  const server = await start(OPTIONS);
  const empty = await server.settled();
  await visit(server, 4, empty);
  const before = await server.ask("heap");
  const count = Math.ceil(500 * scale);
  let stats;
  for (let times = 0; times < 3; times++) stats = await visit(server, count, empty);
  const after = await server.until((counts) => grown(before, counts).length === 0, () => server.ask("heap"));
  const verdict = new Verdict();
  verdict.note("classes looked at", Object.keys(after).length);
  for (const [name, more] of grown(before, after)) verdict.atMost(0, `objects of ${name} too many`, more);
  verdict.emptied(empty, stats);
  return { did: `3 × ${count} clients came, used everything and left`, figures: verdict.figures, failures: verdict.failures };
}

/** The classes that have more objects than before, and how many more. */
function grown(before, after) {
  return Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]).filter(([, more]) => more > 0);
}

/** Clients that do everything once; of the ways to leave, each is taken by some. Resolves to statistics once the server has forgotten them. */
async function visit(server, count, empty) {
  const clients = await openMany(count, (at) => arrive(server.port, at));
  const lost = new Promise((_, reject) => {
    for (const client of clients) client.onEnd = (why) => reject(new Error(`A client was lost while it used everything: ${why}`));
  });
  await Promise.race([Promise.all(clients.map((client, at) => useAll(client, at))), lost]);
  await Promise.all(clients.map(leave));
  closeIdle();
  return server.until(isEmptied(empty));
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
  return client.leave();
}
