import type { Invariant, Watch } from "./invariant.ts";

/** I19, I34: few timers, none for what is over, and exactly one heartbeat for each open connection. */
export function timers({ simulation, fail }: Watch): Invariant {
  const asked = new Set<number>();
  const admitting = new Set<string>();
  let requests = 0;
  /** Calls that close the server: each waits for clients, or for adapters. */
  let closings = 0;
  const forget = (): void => {
    asked.clear();
    admitting.clear();
    requests = 0;
    closings = 0;
  };
  return {
    on: {
      ackAsked: ({ ack, due }) => void (due !== undefined && asked.add(ack)),
      ackSettled: ({ ack }) => void asked.delete(ack),
      ackRefused: ({ ack }) => void asked.delete(ack),
      admitting: ({ socket, sid }) => void admitting.add(`${socket} ${sid}`),
      admitted: ({ socket, sid }) => void admitting.delete(`${socket} ${sid}`),
      exchangeOpened: () => void (requests += 1),
      exchangeAnswered: () => void (requests -= 1),
      serverCloses: () => void (closings += 1),
      serverClosed: () => void (closings -= 1),
      serverDied: forget,
      serverSlept: forget,
    },
    turnEnded() {
      const { io, liveTimers } = simulation.life;
      const allowed = 3 * io.engine.clientsCount + asked.size + admitting.size + 2 * requests + closings;
      if (liveTimers > allowed) fail("I19", `${liveTimers} timers for ${io.engine.clientsCount} connections`);
      for (const session of io.engine.sessions.values()) {
        const beats = session.heartbeat.queue !== undefined;
        if (beats !== (session.readyState === "open")) fail("I19", `${session.id} is ${session.readyState} and ${beats ? "has a" : "has no"} heartbeat`);
      }
    },
    settled() {
      const { io, liveTimers } = simulation.life;
      let allowed = asked.size + admitting.size + requests;
      for (const { link, polling, readyState } of io.engine.sessions.values()) {
        if ("deadline" in link) allowed += 1;
        // Attachments that will not come any more.
        if (readyState === "closing") allowed += 1;
        if (polling?.noopTimer !== undefined) allowed += 1;
      }
      if (liveTimers > allowed) fail("I19", `${liveTimers} timers, of which ${allowed} have a reason`);
    },
    emptied() {
      const { liveTimers, process } = simulation.life;
      if (liveTimers > 0) fail("I34", `${liveTimers} timers are left`);
      if (process.alarmTime !== undefined) fail("I34", "the process is still waiting for a tick");
    },
  };
}
