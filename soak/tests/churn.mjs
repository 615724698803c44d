/** L3: clients come, join three rooms and leave, over and over; nothing may be left of them, and the heap does not grow. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle } from "../client.mjs";
import { Verdict } from "../verdict.mjs";

const AT_ONCE = 25;

export async function churn({ start, scale }) {
  const server = await start();
  const visits = Math.ceil(3000 * scale);
  await come(server.port, visits);
  const before = await server.settled();
  const begun = performance.now();
  await come(server.port, visits);
  const seconds = (performance.now() - begun) / 1000;
  const after = await server.settled();
  const verdict = new Verdict();
  verdict.note("visits/s", Math.round(visits / seconds));
  verdict.atMost(5, "heap grown (%)", Math.round((1000 * (after.heapUsed - before.heapUsed)) / before.heapUsed) / 10);
  verdict.note("RSS grown (MiB)", Math.round((after.rss - before.rss) / 1024 / 1024));
  verdict.emptied(before, after);
  return { did: `${visits} clients came, joined three rooms and left; then as many again`, figures: verdict.figures, failures: verdict.failures };
}

async function come(port, visits) {
  let left = visits;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) {
      const client = await (left % 5 === 0 ? Client.polling(port) : Client.webSocket(port));
      await client.call("join", ["a", `b${left % 100}`, `c${left}`]);
      client.leave();
    }
  }));
  // What the last of them have to say, first.
  await wait(500);
  closeIdle();
}
