import type { Invariant, Watch } from "./invariant.ts";

interface OpenExchange {
  readonly sid: string | undefined;
  readonly method: string;
  readonly openedAt: number;
  aborted: boolean;
}

/** Milliseconds that alarms may be late: two, since a silent client is judged at the second. Who pings by itself hears nothing before. */
const SLACK = 3500;

/** I5, I6, I22: every request is answered once and in time; a second GET or POST beside an open one ends its session. */
export function exchanges({ simulation, fail }: Watch): Invariant {
  const open = new Map<number, OpenExchange>();
  /** In running time: while the process stands still, it can answer nobody. */
  const closedAt = new Map<string, number>();
  const bound = (): number => {
    const { pingInterval, pingTimeout, limits } = simulation.life.io.engine.opts;
    return Math.max(pingInterval + pingTimeout, limits.bodyTimeout, limits.middlewareTimeout) + SLACK + simulation.life.process.pausedFor;
  };
  /** What a session may take longer that ends while its client switches to a WebSocket. */
  const switching = (sid: string | undefined): number => {
    const { sessions, opts } = simulation.life.io.engine;
    const link = sessions.get(sid ?? "")?.link;
    return link?.state === "probing" && link.leaving === true ? opts.upgradeTimeout : 0;
  };
  return {
    on: {
      exchangeOpened: ({ exchange, sid, method }) => void open.set(exchange, { sid, method, openedAt: simulation.now, aborted: false }),
      exchangeAnswered: ({ exchange }) => {
        if (!open.delete(exchange)) fail("I6", `request ${exchange} was answered twice`);
      },
      exchangeAborted: ({ exchange }) => {
        const found = open.get(exchange);
        if (found !== undefined) found.aborted = true;
      },
      sessionClosed: ({ sid }) => void closedAt.set(sid, simulation.now - simulation.life.process.pausedFor),
      serverDied: () => {
        open.clear();
        closedAt.clear();
      },
    },
    turnEnded() {
      const seen = new Set<string>();
      for (const [exchange, { sid, method, openedAt, aborted }] of open) {
        if (simulation.now - openedAt > bound() + switching(sid)) fail("I6", `request ${exchange} (${method}) is not answered`);
        if (sid === undefined || aborted) continue;
        const ended = closedAt.get(sid);
        if (ended !== undefined && simulation.now - simulation.life.process.pausedFor > ended + 50) {
          fail("I22", `request ${exchange} (${method}) is not answered though its session has ended`);
        }
        if (method !== "GET" && method !== "POST") continue;
        const key = `${method} ${sid}`;
        if (seen.has(key) && ended === undefined) fail("I5", `two requests are open at once: ${key}`);
        seen.add(key);
      }
    },
    emptied() {
      if (open.size > 0) fail("I34", `${open.size} requests are still open`);
    },
  };
}
