/** L3: clients come, join three rooms and leave, over and over; nothing may be left of them, and the heap does not grow. */
import { Client, closeIdle } from "../client.mjs";
import { Verdict, boundOnMemory, isEmptied } from "../verdict.mjs";

const AT_ONCE = 25;

export async function churn({ start, kind, scale }) {
  const server = await start();
  const empty = await server.settled();
  const visits = Math.ceil(3000 * scale);
  await come(server.port, visits);
  const before = await server.until(isEmptied(empty));
  const begun = performance.now();
  await come(server.port, visits);
  const seconds = (performance.now() - begun) / 1000;
  const after = await server.until(isEmptied(empty));
  const verdict = new Verdict();
  verdict.note("visits/s", Math.round(visits / seconds));
  verdict.atMost(boundOnMemory(kind, 5), "heap grown (%)", Math.round((1000 * (after.heapUsed - before.heapUsed)) / before.heapUsed) / 10);
  verdict.note("RSS grown (MiB)", Math.round((after.rss - before.rss) / 1024 / 1024));
  verdict.emptied(empty, after);
  return { did: `${visits} clients came, joined three rooms and left; then as many again`, figures: verdict.figures, failures: verdict.failures };
}

async function come(port, visits) {
  let left = visits;
  const leaving = [];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) {
      const client = await (left % 5 === 0 ? Client.polling(port) : Client.webSocket(port));
      await client.call("join", ["a", `b${left % 100}`, `c${left}`]);
      leaving.push(client.leave());
    }
  }));
  await Promise.all(leaving);
  closeIdle();
}
