import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that a busy process takes for its deferred tasks. */
const DEFERRAL = 15;

/** Milliseconds for the packets that are in front of a ping. */
const QUEUED = 100;

/** I20, I21: nobody is taken for dead who is alive, neither client nor server, whatever the process was doing; and the dead are found out. */
export function heartbeat({ simulation, fail }: Watch): Invariant {
  const clientOf = (sid: string) => simulation.clients.find((client) => client.isGood && client.isOpen && !client.isStranded && client.sid === sid);
  /** When a process of the server last went on after a pause. */
  let resumedAt = -Infinity;
  let isClosing = false;
  /** A client has heard nothing for too long: it must have had a reason. */
  const takesServerForDead = (number: number, sid: string): void => {
    const { line, isGood, isStranded } = simulation.clients[number]!;
    const { pingInterval, pingTimeout } = simulation.life.io.engine.opts;
    // Pings wait for alarms, which may be late; and so does an old client that switches to a WebSocket: for a last noop.
    if (!isGood || isStranded || isClosing || simulation.scenario.faults.includes("late alarm")) return;
    // One that the app has ended is not pinged, and may learn of its end only once it has switched.
    if (simulation.life.io.engine.sessions.get(sid)?.readyState !== "open") return;
    const window = pingInterval + pingTimeout;
    const isAwake = !simulation.life.process.isPaused && resumedAt + window < simulation.now;
    const isClear = line.clearSince + window < simulation.now && 6 * line.quality.latency[1] + QUEUED < pingTimeout;
    if (isAwake && isClear) fail("I20", `the client of ${sid} took the server for dead, which is there and well connected`);
  };
  return {
    on: {
      clientClosed: ({ client, sid, reason }) => {
        if (reason === "ping timeout") takesServerForDead(client, sid);
      },
      serverCloses: () => void (isClosing = true),
      serverOpens: () => void (isClosing = false),
      serverDied: () => void (isClosing = false),
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
    turnEnded() {
      resumedAt = Math.max(resumedAt, simulation.life.process.resumedAt);
    },
    settled() {
      for (const { id, readyState } of simulation.life.io.engine.sessions.values()) {
        if (readyState !== "open") continue;
        const isAlive = simulation.clients.some((client) => client.isOpen && client.sid === id);
        if (!isAlive) fail("I21", `${id} is open, but its client has been gone for long`);
      }
    },
  };
}
