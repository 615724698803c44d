import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that a busy process takes for its deferred tasks. */
const DEFERRAL = 15;

/** I20, I21: nobody is taken for dead who is alive, whatever the process was doing; and the dead are found out. */
export function heartbeat({ simulation, fail }: Watch): Invariant {
  const clientOf = (sid: string) => simulation.clients.find((client) => client.isGood && client.engine?.isOpen === true && client.sid === sid);
  return {
    on: {
      sessionClosed: ({ sid, reason }) => {
        const client = reason === "ping timeout" ? clientOf(sid) : undefined;
        if (client === undefined) return;
        const { pingInterval, pingTimeout } = simulation.life.io.engine.opts;
        const { line } = client;
        const way = 6 * line.quality.latency[1];
        // Old clients ping by themselves, the first time long after they have heard that they are connected.
        const window = 2 * pingTimeout + (client.isOld ? pingInterval : 0);
        const isClear = line.clearSince + window < simulation.now && way < pingTimeout;
        // What the process was kept from sending, its client answers some time after. What waited in front of it is read at once.
        const running = simulation.now - simulation.life.process.resumedAt;
        const couldAnswer = running === 0 || running > way + DEFERRAL;
        if (isClear && couldAnswer) fail("I20", `${sid} ended with "ping timeout", but its client is alive and well connected`);
      },
    },
    settled() {
      for (const { id, readyState } of simulation.life.io.engine.sessions.values()) {
        if (readyState !== "open") continue;
        const isAlive = simulation.clients.some((client) => client.engine?.isOpen === true && client.sid === id);
        if (!isAlive) fail("I21", `${id} is open, but its client has been gone for long`);
      }
    },
  };
}
