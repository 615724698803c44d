/** L1 and L2: connections that say nothing but pongs, over WebSocket and over long-polling. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Verdict, boundOnMemory, isEmptied } from "../verdict.mjs";

const HEARTBEAT = { pingInterval: 4000, pingTimeout: 3000 };
const KIB_EACH = 12;

/** After a message of 64 KiB to each, a connection may hold no more than before. */
export async function idleWebSockets({ start, kind, scale }) {
  const server = await start(HEARTBEAT);
  const before = await server.settled();
  const { clients, ends } = await open(Math.ceil(5000 * scale), () => Client.webSocket(server.port));
  await wait(5000);
  const verdict = new Verdict();
  const kibEach = async () => Math.round(((await server.settled()).rss - before.rss) / clients.length / 102.4) / 10;
  verdict.atMost(boundOnMemory(kind, KIB_EACH), "RSS each (KiB)", await kibEach());
  for (const client of clients) client.emit("flood", 1, 65_536);
  await wait(5000);
  verdict.atMost(boundOnMemory(kind, KIB_EACH), "RSS each after 64 KiB (KiB)", await kibEach());
  return finish({ server, before, clients, ends, verdict, did: `${clients.length} idle WebSockets` });
}

/** As many heartbeats as five times the sessions have by default. */
export async function idlePolling({ start, scale }) {
  const server = await start({ pingInterval: 5000, pingTimeout: 3000 });
  const before = await server.settled();
  const { clients, ends } = await open(Math.ceil(2000 * scale), () => Client.polling(server.port));
  const { cpu } = await server.stats();
  await wait(10_000);
  const verdict = new Verdict();
  const after = await server.stats();
  verdict.note("RSS each (KiB)", Math.round((after.rss - before.rss) / clients.length / 102.4) / 10);
  verdict.atMost(2, "open connections each", Math.round((100 * (after.descriptors - before.descriptors)) / clients.length) / 100);
  verdict.atMost(15, "CPU (% of a core)", Math.round((after.cpu - cpu) / 100));
  return finish({ server, before, clients, ends, verdict, did: `${clients.length} idle polling sessions` });
}

async function open(count, opens) {
  const ends = [];
  const clients = await openMany(count, async () => {
    const client = await opens();
    client.onEnd = (why) => ends.push(why);
    return client;
  });
  return { clients, ends };
}

async function finish({ server, before, clients, ends, verdict, did }) {
  verdict.atMost(0, "connections lost", ends.length);
  await Promise.all(clients.map((client) => client.leave()));
  closeIdle();
  verdict.emptied(before, await server.until(isEmptied(before)));
  return { did, figures: verdict.figures, failures: verdict.failures };
}
