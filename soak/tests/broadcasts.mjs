/** L4: broadcasts to many, each numbered; none may be lost or late. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, openMany } from "../client.mjs";
import { Sequence, quantile, sum } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

export async function broadcasts({ start, scale }) {
  const server = await start();
  const verdict = new Verdict();
  const many = await broadcast(server, { clients: Math.ceil(2000 * scale), count: 50, every: 100 }, verdict, "to many");
  const often = await broadcast(server, { clients: Math.ceil(100 * scale), count: 2000, every: 10, each: 5 }, verdict, "often");
  return { did: `${many}; ${often}`, figures: verdict.figures, failures: verdict.failures };
}

async function broadcast(server, { clients: count, ...plan }, verdict, name) {
  const times = [];
  const clients = await openMany(count, async () => {
    const client = await Client.webSocket(server.port);
    const seen = new Sequence();
    client.onEvent = (_name, number, sentAt) => {
      seen.add(number);
      times.push(Date.now() - sentAt);
    };
    return { client, seen };
  });
  await server.ask("broadcast", { ...plan, bytes: 100 });
  await wait((plan.count / (plan.each ?? 1)) * plan.every + 1500);
  verdict.whole(sum(clients.map(({ seen }) => seen.result(plan.count))));
  verdict.atMost(250, `p99 ${name} (ms)`, quantile(times, 0.99));
  for (const { client } of clients) client.leave();
  await wait(300);
  return `${plan.count} broadcasts to ${count}`;
}
