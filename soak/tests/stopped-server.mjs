/** L8: the server's process is stopped for a while and goes on; nobody may be timed out (G42). */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Sequence, sum } from "../sequence.mjs";
import { Verdict } from "../verdict.mjs";

/** Much shorter than the stop, so that every deadline passes during it. */
const HEARTBEAT = { pingInterval: 1000, pingTimeout: 1000 };

export async function stoppedServer({ start, scale }) {
  const server = await start(HEARTBEAT);
  const count = Math.ceil(300 * Math.min(scale, 3));
  const stopped = Math.min(30, 10 * scale);
  const messages = 40;
  const ends = [];
  const clients = await openMany(count, async (at) => {
    const client = await (at % 3 === 0 ? Client.polling(server.port) : Client.webSocket(server.port));
    const seen = new Sequence();
    client.onEvent = (name, number) => seen.add(number);
    client.onEnd = (why) => ends.push(why);
    client.emit("count", messages, 100);
    return { client, seen };
  });
  await wait(1000);
  server.kill("SIGSTOP");
  await wait(stopped * 1000);
  server.kill("SIGCONT");
  await wait(6000);
  const { reasons, faults } = await server.stats();
  const verdict = new Verdict();
  verdict.atMost(0, "false timeouts", reasons["ping timeout"] ?? 0);
  verdict.atMost(0, "connections lost", ends.length);
  verdict.whole(sum(clients.map(({ seen }) => seen.result(messages))));
  verdict.atMost(0, "unhandled rejections", faults);
  for (const { client } of clients) client.leave();
  closeIdle();
  const did = `server of ${count} clients stopped for ${stopped} s, with a heartbeat of ${HEARTBEAT.pingInterval + HEARTBEAT.pingTimeout} ms`;
  return { did, figures: verdict.figures, failures: verdict.failures };
}
