/** L6: attacks on memory, one kind after the other, each by many connections, beside clients who mean no harm (G9). */
import { setTimeout as wait } from "node:timers/promises";
import { attackers } from "../attackers.mjs";
import { Client, closeIdle, openMany } from "../client.mjs";
import { quantile, round } from "../sequence.mjs";
import { Verdict, isEmptied } from "../verdict.mjs";

/** Small, so that attacks reach them. */
const limits = {
  maxBufferedBytes: 500_000,
  maxReassemblyBytes: 100_000,
  maxPendingAcks: 500,
  maxRecoveryBytes: 100_000,
  maxRecoverySessions: 100,
};
const OPTIONS = { limits, maxHttpBufferSize: 100_000, perMessageDeflate: true, connectionStateRecovery: { maxDisconnectionDuration: 1000 } };
const BOUND = limits.maxBufferedBytes + limits.maxReassemblyBytes + 2 * OPTIONS.maxHttpBufferSize + 65_536;

export async function attacks({ start, scale }) {
  const server = await start(OPTIONS);
  const empty = await server.settled();
  const count = Math.ceil(50 * scale);
  const victims = new Victims(await openMany(50, () => Client.webSocket(server.port)));
  await victims.watch(wait(500));
  const quiet = await victims.watch(wait(1500));
  const verdict = new Verdict();
  const attacked = [];
  for (const [name, attack] of Object.entries(attackers)) {
    const begun = (await server.settled()).rss;
    const ends = [];
    attacked.push(...(await victims.watch(Promise.all([openMany(count, async () => ends.push(await attack(server.port))), wait(500)]))));
    const held = Math.max(0, Math.round(((await server.settled()).rss - begun) / count / 1024));
    verdict.atMost(Math.round(BOUND / 1024), `${name} (KiB each)`, held);
    for (const end of ends) end();
  }
  verdict.note("victims' p99 in quiet (ms)", round(quantile(quiet, 0.99)));
  verdict.atMost(Math.max(250, round(2 * quantile(quiet, 0.99))), "victims' p99 (ms)", round(quantile(attacked, 0.99)));
  verdict.atMost(0, "victims lost", victims.lost);
  victims.leave();
  closeIdle();
  verdict.emptied(empty, await server.until(isEmptied(empty)));
  const did = `${Object.keys(attackers).length} attacks by ${count} connections each, bound ${Math.round(BOUND / 1024)} KiB each`;
  return { did, figures: verdict.figures, failures: verdict.failures };
}

/** Clients that ask the server something all the time, and wait for each answer. */
class Victims {
  #clients;
  lost = 0;

  constructor(clients) {
    this.#clients = clients;
    for (const client of clients) client.onEnd = () => (this.lost += 1);
  }

  /** The times of the answers until something else has ended. */
  async watch(something) {
    const state = { isOver: false };
    void something.then(() => (state.isOver = true));
    const times = [];
    await Promise.all(this.#clients.map(async (client) => {
      while (!state.isOver) {
        const begun = performance.now();
        const isAnswered = await Promise.race([client.call("echo", "victim").then(() => true), wait(5000, false)]);
        times.push(performance.now() - begun);
        if (!isAnswered) break;
        await wait(20);
      }
    }));
    await something;
    return times;
  }

  leave() {
    for (const client of this.#clients) client.leave();
  }
}
