import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that alarms may be late, each of the three times that a server waits. */
const SLACK = 6000;

/** I30: a server that closes takes nobody in, lets its clients go in their turns, is done in time, and then nobody is there. */
export function closing({ simulation, isGood, fail }: Watch): Invariant {
  /** When each call must have settled, in running time. */
  let due: number[] = [];
  let isClosed = false;
  /** Connections that the app itself has ended, or what it said as a farewell. */
  const sentAway = new Set<string>();
  /** Milliseconds between two ends of connections. */
  let distance = 0;
  const lastEnd = { sid: "", time: -Infinity };
  const running = (): number => simulation.now - simulation.life.process.pausedFor;
  const reset = (): void => {
    due = [];
    isClosed = false;
  };
  const endsInTurn = (sid: string): void => {
    if (sid !== lastEnd.sid && simulation.now - lastEnd.time < distance) fail("I30", `${sid} ends ${simulation.now - lastEnd.time} ms after the one before, not ${distance}`);
    Object.assign(lastEnd, { sid, time: simulation.now });
  };
  return {
    on: {
      serverCloses: ({ drain }) => {
        const { drain: draining = 0, spread = 0, force = 0 } = drain ?? {};
        // Whoever calls it again waits for the same.
        due.push(Math.max(...due, running() + draining + spread + force + SLACK));
        isClosed = true;
        // Time has no smaller parts here.
        distance = Math.floor(spread / simulation.life.io.engine.clientsCount) - 1;
        lastEnd.time = -Infinity;
      },
      sessionOpened: ({ sid }) => {
        if (isClosed) fail("I30", `${sid} was let in by a server that closes`);
      },
      sentAway: ({ sid }) => void sentAway.add(sid),
      limitHit: ({ name, sid }) => {
        if (name === "maxBufferedBytes" || name === "maxTotalBufferedBytes") sentAway.add(sid);
      },
      leaving: ({ sid, reason }) => {
        // Who was sent away goes when it is told to, not in its turn.
        if (!simulation.isRestarting || !isClosed || !isGood(sid) || sentAway.has(sid)) return;
        if (reason !== "server shutting down") fail("I30", `${sid} left for another reason than that the server goes: ${reason}`);
        endsInTurn(sid);
      },
      serverClosed: () => {
        due.pop();
        const { engine, _nsps: namespaces } = simulation.life.io;
        if (engine.clientsCount > 0) fail("I30", `${engine.clientsCount} connections are left in a server that has closed`);
        for (const { name, sockets } of namespaces.values()) if (sockets.size > 0) fail("I30", `sockets are left in ${name} though the server has closed`);
      },
      serverOpens: () => (isClosed = false),
      serverDied: reset,
      serverSlept: reset,
    },
    turnEnded() {
      if (due.some((time) => running() > time)) fail("I30", "the server has not closed in time");
    },
    restarted() {
      if (isClosed) fail("I30", "the server has not come back");
    },
  };
}
