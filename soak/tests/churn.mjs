/** L3: clients come, join three rooms and leave, over and over; nothing may be left of them, and the heap does not grow. */
import { Client, closeIdle } from "../client.mjs";
import { Verdict, boundOnMemory, isEmptied } from "../verdict.mjs";

const AT_ONCE = 25;

/** How many times as many clients come before the heap is looked at: V8 goes on adding code for a while. */
const WARM_UP = 2;

/** Looks in a row that find the heap no smaller. */
const RESTS = 4;

export async function churn({ start, kind, scale }) {
  const server = await start();
  const empty = await server.settled();
  const visits = Math.ceil(3000 * scale);
  await come(server.port, WARM_UP * visits);
  const before = await atRest(server, empty);
  const begun = performance.now();
  await come(server.port, visits);
  const seconds = (performance.now() - begun) / 1000;
  const after = await atRest(server, empty);
  const verdict = new Verdict();
  verdict.note("visits/s", Math.round(visits / seconds));
  verdict.atMost(boundOnMemory(kind, 5), "heap grown (%)", Math.round((1000 * (after.heapUsed - before.heapUsed)) / before.heapUsed) / 10);
  verdict.note("RSS grown (MiB)", Math.round((after.rss - before.rss) / 1024 / 1024));
  verdict.emptied(empty, after);
  return { did: `${WARM_UP * visits} clients came, joined three rooms and left; then ${visits} more`, figures: verdict.figures, failures: verdict.failures };
}

/** Once nobody is left and the heap has not shrunk for a while: what has just ended is let go a moment later. */
function atRest(server, empty) {
  const isEmpty = isEmptied(empty);
  let least = Infinity;
  let rests = 0;
  return server.until((stats) => {
    rests = stats.heapUsed < least ? 0 : rests + 1;
    least = Math.min(least, stats.heapUsed);
    return isEmpty(stats) && rests >= RESTS;
  });
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
