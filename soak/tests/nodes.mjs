/** L9 and L10: nodes that share a Redis; nodes are killed, and Redis hangs, ends and comes back empty. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, openMany } from "../client.mjs";
import { Redis } from "../redis.mjs";
import { Sequence, quantile, sum } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

const ENDLESS = { count: 1e9, every: 20 };
const KILLS = 3;

export async function killedNodes({ start, scale }) {
  const redis = await Redis.start();
  try {
    const startNode = () => start({}, { REDIS: redis.url });
    const nodes = [await startNode(), await startNode()];
    const count = Math.ceil(50 * scale);
    const survivors = (await Promise.all(nodes.map(({ port }) => listen(port, count)))).flat();
    const victims = { lost: 0, back: 0 };
    let third = await startNode();
    await wait(500);
    await nodes[0].ask("broadcast", ENDLESS);
    for (let killed = 0; killed < KILLS; killed++) third = await killAndReplace(third, startNode, count, victims);
    const everywhere = await nodes[0].ask("sockets");
    const { broadcasts } = await stopBroadcasts(nodes[0]);
    const verdict = new Verdict();
    verdict.whole(sum(survivors.map(({ seen }) => seen.result(broadcasts))));
    verdict.atMost(0, "survivors' connections lost", survivors.filter(({ ended }) => ended).length);
    verdict.atMost(0, "clients of killed nodes that did not come back", victims.lost - victims.back);
    verdict.atMost(0, "ghosts", Math.abs(everywhere - 3 * count));
    const did = `${KILLS} times one of three nodes killed amid ${broadcasts} broadcasts to ${3 * count} clients`;
    return { did, figures: verdict.figures, failures: verdict.failures };
  } finally {
    await redis.stop();
  }
}

/** Clients connect to a node, which is killed; they come to the next. */
async function killAndReplace(node, startNode, count, victims) {
  const clients = await listen(node.port, count);
  await wait(1000);
  await node.stop();
  const next = await startNode();
  await wait(200);
  victims.lost += clients.filter(({ ended }) => ended).length;
  victims.back += (await listen(next.port, count)).length;
  await wait(500);
  if (clients.some(({ seen }) => seen.result(0).doubled > 0)) throw new Error("A client of a killed node saw an event twice");
  return next;
}

export async function lostRedis({ start }) {
  const redis = await Redis.start();
  try {
    const nodes = [await start({}, { REDIS: redis.url }), await start({}, { REDIS: redis.url })];
    const [near] = await listen(nodes[0].port, 1);
    const [far] = await listen(nodes[1].port, 1);
    await wait(500);
    const verdict = new Verdict();
    await nodes[0].ask("broadcast", ENDLESS);
    await wait(1000);
    const quiet = quantile(near.times.splice(0), 0.99);
    redis.kill("SIGSTOP");
    await wait(3000);
    redis.kill("SIGCONT");
    await resumed(far, verdict, "hang");
    await redis.stop();
    await wait(3000);
    await redis.start();
    await resumed(far, verdict, "restart");
    verdict.note("p99 near, in quiet (ms)", quiet);
    verdict.atMost(Math.max(20, 2 * quiet), "p99 near (ms)", quantile(near.times, 0.99));
    const { broadcasts, faults } = await stopBroadcasts(nodes[0]);
    verdict.whole(near.seen.result(broadcasts));
    verdict.note("lost far", far.seen.result(broadcasts).lost);
    verdict.atMost(0, "doubled far", far.seen.result(broadcasts).doubled);
    verdict.atMost(0, "unhandled rejections", faults);
    return { did: "Redis hung for 3 s, then was gone for 3 s and came back empty", figures: verdict.figures, failures: verdict.failures };
  } finally {
    redis.kill("SIGCONT");
    await redis.stop();
  }
}

/** Waits until the other node's events arrive again. */
async function resumed(far, verdict, name) {
  const begun = performance.now();
  const before = far.fresh;
  far.since = Date.now();
  while (far.fresh === before && performance.now() - begun < 10_000) await wait(20);
  verdict.atMost(5000, `resumed after ${name} (ms)`, Math.round(performance.now() - begun));
}

/** Clients that only listen. `fresh` counts events that were emitted after `since`. */
function listen(port, count) {
  return openMany(count, async () => {
    const client = await Client.webSocket(port);
    const state = { client, seen: new Sequence(), times: [], ended: false, since: 0, fresh: 0 };
    client.onEnd = () => (state.ended = true);
    client.onEvent = (_name, number, sentAt) => {
      state.seen.add(number);
      state.times.push(Date.now() - sentAt);
      if (sentAt >= state.since) state.fresh += 1;
    };
    return state;
  });
}

/** The last broadcasts have arrived, too. */
async function stopBroadcasts(node) {
  await node.ask("silence");
  await wait(1000);
  return node.stats();
}
