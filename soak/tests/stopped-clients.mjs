/** L7: the process of a quarter of all clients is stopped amid broadcasts; they end, their memory returns, and nobody else notices. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client, openMany } from "../client.mjs";
import { Sequence, quantile, sum } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

const OPTIONS = { pingInterval: 3000, pingTimeout: 3000, limits: { maxBufferedBytes: 1_000_000 } };
const PLAN = { count: 500, every: 20, bytes: 10_000 };
const RECEIVERS = fileURLToPath(new URL("../receivers.mjs", import.meta.url));

export async function stoppedClients({ start, scale }) {
  const server = await start(OPTIONS);
  const stopped = Math.ceil(25 * scale);
  const times = [];
  const others = await openMany(3 * stopped, async () => {
    const client = await Client.webSocket(server.port);
    const seen = new Sequence();
    client.onEvent = (_name, number, sentAt) => {
      seen.add(number);
      times.push(Date.now() - sentAt);
    };
    return { client, seen };
  });
  const before = await server.settled();
  const child = spawn(process.execPath, [RECEIVERS], { env: { ...process.env, PORT: server.port, COUNT: stopped }, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(child.stdout, "data");
    child.kill("SIGSTOP");
    await server.ask("broadcast", PLAN);
    await wait(PLAN.count * PLAN.every + 2000);
    return judge({ stopped, before, times, others, after: await server.settled() });
  } finally {
    child.kill("SIGKILL");
  }
}

function judge({ stopped, before, times, others, after }) {
  const verdict = new Verdict();
  verdict.atMost(0, "stopped clients still there", after.clients - before.clients);
  for (const [reason, count] of Object.entries(after.reasons)) verdict.note(`ended by ${reason}`, count);
  verdict.whole(sum(others.map(({ seen }) => seen.result(PLAN.count))));
  verdict.atMost(250, "p99 of others (ms)", quantile(times, 0.99));
  verdict.atMost(40, "RSS grown (MiB)", Math.round((after.rss - before.rss) / 1024 / 1024));
  for (const { client } of others) client.leave();
  const did = `${stopped} of ${4 * stopped} clients stopped amid 500 KB/s to each`;
  return { did, figures: verdict.figures, failures: verdict.failures };
}
