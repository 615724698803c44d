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
  /** The oldest is the first. */
  const open = new Map<number, OpenExchange>();
  /** Those that have opened in this turn. */
  let fresh: number[] = [];
  /** Those that are open although their sessions have ended. */
  const outliving = new Set<number>();
  /** In running time: while the process stands still, it can answer nobody. */
  const closedAt = new Map<string, number>();
  const running = (): number => simulation.now - simulation.life.process.pausedFor;
  const bound = (): number => {
    const { pingInterval, pingTimeout, limits } = simulation.life.io.engine.opts;
    return Math.max(pingInterval + pingTimeout, limits.bodyTimeout, limits.middlewareTimeout) + SLACK + simulation.life.process.pausedFor;
  };
  /** What a session may take longer that ends while its client switches to a WebSocket. */
  const switching = (sid: string | undefined): number => {
    const { sessions, opts } = simulation.life.io.engine;
    const link = sessions.get(sid ?? "")?.link;
    return link?.state === "probing" && link.leaving !== undefined ? opts.upgradeTimeout : 0;
  };
  const isInTime = (): void => {
    const most = bound();
    for (const [exchange, { sid, method, openedAt }] of open) {
      if (simulation.now - openedAt <= most) return;
      if (simulation.now - openedAt > most + switching(sid)) fail("I6", `request ${exchange} (${method}) is not answered`);
    }
  };
  const endsWithSession = (exchange: number): void => {
    const { sid, method, aborted } = open.get(exchange)!;
    if (!aborted && running() > closedAt.get(sid!)! + 50) fail("I22", `request ${exchange} (${method}) is not answered though its session has ended`);
  };
  const isAlone = (exchange: number): void => {
    const { sid, method, aborted } = open.get(exchange) ?? {};
    if (sid === undefined || aborted === true || closedAt.has(sid) || (method !== "GET" && method !== "POST")) return;
    for (const [number, other] of open) {
      if (number !== exchange && other.sid === sid && other.method === method && !other.aborted) fail("I5", `two requests are open at once: ${method} ${sid}`);
    }
  };
  return {
    on: {
      exchangeOpened: ({ exchange, sid, method }) => {
        open.set(exchange, { sid, method, openedAt: simulation.now, aborted: false });
        fresh.push(exchange);
        if (sid !== undefined && closedAt.has(sid)) outliving.add(exchange);
      },
      exchangeAnswered: ({ exchange }) => {
        if (!open.delete(exchange)) fail("I6", `request ${exchange} was answered twice`);
        outliving.delete(exchange);
      },
      exchangeAborted: ({ exchange }) => {
        const found = open.get(exchange);
        if (found !== undefined) found.aborted = true;
      },
      sessionClosed: ({ sid }) => {
        closedAt.set(sid, running());
        for (const [exchange, other] of open) if (other.sid === sid) outliving.add(exchange);
      },
      serverDied: () => {
        open.clear();
        outliving.clear();
        closedAt.clear();
      },
    },
    turnEnded() {
      if (open.size > 0) isInTime();
      if (outliving.size > 0) outliving.forEach(endsWithSession);
      if (fresh.length === 0) return;
      fresh.forEach(isAlone);
      fresh = [];
    },
    emptied() {
      if (open.size > 0) fail("I34", `${open.size} requests are still open`);
    },
  };
}
