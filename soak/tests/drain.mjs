/** L12: a server is told to end while it sends all it can; what it has emitted arrives, and it ends in good order (G40). */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Sequence, round, sum } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

const CLOSING = { drain: 5000, spread: 1000, force: 5000 };

export async function drain({ start, scale }) {
  const server = await start({}, { CLOSING: JSON.stringify(CLOSING) });
  const count = Math.ceil(300 * scale);
  const clients = await openMany(count, async (at) => {
    const client = await (at % 3 === 0 ? Client.polling(server.port) : Client.webSocket(server.port));
    const seen = new Sequence();
    client.onEvent = (_name, number) => seen.add(number);
    return { client, seen };
  });
  await server.ask("broadcast", { count: 1e9, every: 20, bytes: 100 });
  await wait(2000);
  const { emitted, took, code } = await server.terminate();
  await wait(500);
  closeIdle();
  const verdict = new Verdict();
  verdict.whole(sum(clients.map(({ seen }) => seen.result(emitted))));
  verdict.atMost(CLOSING.drain + CLOSING.spread + CLOSING.force, "closed after (ms)", round(took));
  verdict.atMost(0, "exit code", code);
  return { did: `SIGTERM while ${emitted} broadcasts went to ${count} clients`, figures: verdict.figures, failures: verdict.failures };
}
