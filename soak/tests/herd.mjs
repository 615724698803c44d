/** L11: a server ends and its clients come back to the next: at once, or over the time that `spread` gives them (G40). */
import { setTimeout as wait } from "node:timers/promises";
import { Client, openMany } from "../client.mjs";
import { round } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

const SPREAD = 4000;

export async function herd({ start, scale, kind }) {
  const count = Math.ceil(800 * scale);
  const verdict = new Verdict();
  const atOnce = await restart(start, count, 0);
  verdict.atMost(0, "missing", count - atOnce.back);
  verdict.atMost(30_000, "all back after (ms)", round(atOnce.took));
  verdict.note("peak (connections/s)", atOnce.peak);
  // Released servers have no such option.
  if (kind !== "released") {
    const spread = await restart(start, count, SPREAD);
    verdict.atMost(0, "missing with spread", count - spread.back);
    verdict.atMost((1.5 * count) / (SPREAD / 1000), "peak with spread (connections/s)", spread.peak);
  }
  return { did: `${count} clients sent to another server, at once and over ${SPREAD} ms`, figures: verdict.figures, failures: verdict.failures };
}

async function restart(start, count, spread) {
  const [old, next] = [await start({}, { CLOSING: JSON.stringify({ drain: 1000, spread }) }), await start()];
  const back = [];
  await openMany(count, async () => {
    const client = await Client.webSocket(old.port);
    client.onEnd = () => back.push(comeBack(next.port));
  });
  const begun = performance.now();
  await old.terminate();
  while (back.length < count && performance.now() - begun < 20_000) await wait(50);
  const clients = await Promise.all(back);
  const took = performance.now() - begun;
  const { connections } = await next.stats();
  for (const client of clients) client.leave();
  return { back: connections.length, took, peak: peakPerSecond(connections) };
}

/** As released clients do: a second later, give or take a half. */
async function comeBack(port) {
  await wait(500 + 1000 * Math.random());
  return Client.webSocket(port);
}

/** Most of the times that fall into any one second. */
function peakPerSecond(times) {
  let [peak, first] = [0, 0];
  times.forEach((time, at) => {
    while (time - times[first] >= 1000) first += 1;
    peak = Math.max(peak, at - first + 1);
  });
  return peak;
}
