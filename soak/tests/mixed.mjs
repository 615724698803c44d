/** L13: everyday traffic for as long as asked, with faults: nothing grows, and nobody ends for a reason that nobody gave. */
import { setTimeout as wait } from "node:timers/promises";
import { Client, closeIdle, openMany } from "../client.mjs";
import { Verdict, boundOnMemory, isEmptied } from "../verdict.mjs";

const OPTIONS = { connectionStateRecovery: { maxDisconnectionDuration: 5000 }, pingInterval: 5000, pingTimeout: 5000 };
const LOOKS = 20;
const EXPECTED = new Set(["transport close", "transport error"]);

export async function mixed({ start, kind, scale, minutes }) {
  const server = await start(OPTIONS);
  const empty = await server.settled();
  const state = { isOver: false, visits: 0, faults: 0, unanswered: 0 };
  const count = Math.ceil(100 * scale);
  const running = openMany(count, (at) => visitAgain(server.port, at, state));
  const looks = [];
  for (let look = 0; look < LOOKS; look++) {
    await wait((minutes * 60_000) / LOOKS);
    looks.push(await server.settled());
  }
  state.isOver = true;
  await running;
  closeIdle();
  const verdict = new Verdict();
  for (const name of ["visits", "faults"]) verdict.note(name, state[name]);
  verdict.atMost(0, "unanswered", state.unanswered);
  verdict.atMost(boundOnMemory(kind, 5), "heap grown (%)", grown(looks, "heapUsed"));
  verdict.atMost(boundOnMemory(kind, 10), "RSS grown (%)", grown(looks, "rss"));
  const after = await server.until(isEmptied(empty));
  const others = Object.entries(after.reasons).filter(([reason]) => !EXPECTED.has(reason));
  verdict.atMost(0, "ends for other reasons", others.reduce((all, [, times]) => all + times, 0));
  if (others.length > 0) verdict.note("which are", others.map(([reason]) => reason).join(" "));
  verdict.emptied(empty, after);
  return { did: `${count} clients at a time, for ${minutes} min`, figures: verdict.figures, failures: verdict.failures };
}

/** By how much the last quarter is above the second one: the first is for warming up. */
function grown(looks, name) {
  const quarter = looks.length / 4;
  const mean = (from) => looks.slice(from, from + quarter).reduce((all, look) => all + look[name], 0) / quarter;
  return Math.round((mean(3 * quarter) / mean(quarter) - 1) * 1000) / 10;
}

/** One client after the other: three in ten poll, and the connection of one in a hundred messages breaks. */
async function visitAgain(port, at, state) {
  while (!state.isOver) {
    const client = await (at % 10 < 3 ? Client.polling(port) : Client.webSocket(port));
    state.visits += 1;
    await client.call("join", ["all", `room-${at % 10}`]);
    for (let sent = 0; sent < 50 && !state.isOver; sent++) {
      if (Math.random() < 0.01) {
        state.faults += 1;
        break;
      }
      client.emit("flood", 1, 100);
      const isAnswered = await Promise.race([client.call("echo", { sent }).then(() => true), wait(20_000, false, { ref: false })]);
      if (!isAnswered) state.unanswered += 1;
      await wait(100 * Math.random());
    }
    await client.leave();
  }
}
