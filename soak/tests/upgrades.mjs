/** L5: clients upgrade while messages go both ways, and a tenth of their upgrades break at any byte. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Sequence, round, sum } from "../sequence.mjs";
import { Verdict, isEmptied } from "../verdict.mjs";
import { frame, handshake } from "../web-socket.mjs";

const EVERY = 50;
const MESSAGES = 60;

export async function upgrades({ start, scale }) {
  const server = await start();
  const before = await server.settled();
  const runs = [];
  let broken = 0;
  const count = Math.ceil(400 * scale);
  await openMany(count, async (at) => {
    const client = await Client.polling(server.port);
    runs.push(talk(client));
    await wait(Math.random() * 500);
    if (at % 10 === 0 && !(await client.upgrade(anyByte(server.port, client)))) {
      broken += 1;
      await wait(100);
    }
    if (client.raw === undefined) await client.upgrade();
  });
  const results = await Promise.all(runs);
  closeIdle();
  return judge({ count, broken, results, before, after: await server.until(isEmptied(before)) });
}

/** Where an upgrade breaks: anywhere in what a client sends for it, except behind the last byte, for then it has succeeded. */
function anyByte(port, { query }) {
  const bytes = handshake(port, query).length + frame("2probe").length + frame("5").length;
  return 1 + Math.floor(Math.random() * (bytes - 1));
}

function judge({ count, broken, results, before, after }) {
  const verdict = new Verdict();
  verdict.note("upgrades broken", broken);
  verdict.whole(sum(results.flatMap(({ inbound, outbound }) => [inbound, outbound])));
  verdict.atMost(0, "connections lost", results.filter(({ ended }) => ended !== undefined).length);
  verdict.atMost(1000, "longest silence (ms)", round(Math.max(...results.map(({ gap }) => gap))));
  verdict.emptied(before, after);
  const messages = 2 * MESSAGES * count;
  return { did: `${count} clients upgraded amid ${messages} messages`, figures: verdict.figures, failures: verdict.failures };
}

/** Sends and receives numbered messages, and leaves. */
async function talk(client) {
  const outbound = new Sequence();
  let [gap, last, ended] = [0, performance.now()];
  const over = new Promise((resolve) => {
    client.onEnd = (why) => resolve((ended = why));
    client.onEvent = (name, number) => {
      outbound.add(number);
      gap = Math.max(gap, performance.now() - last);
      last = performance.now();
      if (number === MESSAGES - 1) resolve();
    };
  });
  client.emit("count", MESSAGES, EVERY);
  for (let sent = 0; sent < MESSAGES; sent++) {
    client.emit("n", sent);
    await wait(EVERY);
  }
  await Promise.race([over, wait(10_000)]);
  const [inbound] = await Promise.race([client.call("report", MESSAGES), wait(5000, [{ lost: MESSAGES, doubled: 0, reordered: 0 }])]);
  client.leave();
  return { inbound, outbound: outbound.result(MESSAGES), gap, ended };
}
