import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that the server waits for a client to switch, whatever the reason for which it wants to be rid of it. */
const SWITCH_TIME = 1000;

/** I36: a WebSocket that the server has agreed to stays until its client has switched to it, or takes too long: released clients hang otherwise. */
export function switching({ simulation, fail }: Watch): Invariant {
  /** By connection: since when it is there, and how often its line had been cut before. */
  const opened = new Map<string, { readonly time: number; readonly cuts: number }>();
  /** Connections that met a limit, or did not answer a ping: that is judged elsewhere. */
  const ended = new Set<string>();
  /** Whether the app has given its clients less time than that. */
  let isHurried = false;
  return {
    on: {
      serverCloses: ({ drain }) => void (isHurried ||= (drain?.force ?? Infinity) < SWITCH_TIME),
      serverOpens: () => void (isHurried = false),
      clientOpened: ({ client, sid }) => void opened.set(sid, { time: simulation.now, cuts: simulation.clients[client]!.line.cuts }),
      limitHit: ({ sid }) => void ended.add(sid),
      sessionClosed: ({ sid, reason }) => {
        if (reason === "ping timeout") ended.add(sid);
      },
      stranded: ({ sid }) => {
        if (isHurried) return;
        const { line } = simulation.clients.find((client) => client.sid === sid)!;
        const { time, cuts } = opened.get(sid)!;
        const isQuick = 6 * line.quality.latency[1] < SWITCH_TIME && line.clearSince <= time;
        if (isQuick && line.cuts === cuts && !ended.has(sid)) fail("I36", `${sid} was told to switch to a WebSocket that then ended`);
      },
    },
  };
}
