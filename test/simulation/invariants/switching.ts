import type { Invariant, Watch } from "./invariant.ts";

/** Milliseconds that the server waits for a client to switch, whatever the reason for which it wants to be rid of it. */
const SWITCH_TIME = 1000;

/** I36: a WebSocket that the server has agreed to stays until its client has switched to it, or takes too long: released clients hang otherwise. */
export function switching({ simulation, fail }: Watch): Invariant {
  /** By connection: how often its line had been cut before. */
  const opened = new Map<string, number>();
  /** Connections that met a limit. */
  const limited = new Set<string>();
  return {
    on: {
      clientOpened: ({ client, sid }) => void opened.set(sid, simulation.clients[client]!.line.cuts),
      limitHit: ({ sid }) => void limited.add(sid),
      stranded: ({ sid }) => {
        const { line } = simulation.clients.find((client) => client.sid === sid)!;
        const isQuick = 6 * line.quality.latency[1] < SWITCH_TIME && line.clearSince + SWITCH_TIME < simulation.now;
        if (isQuick && line.cuts === opened.get(sid) && !limited.has(sid)) fail("I36", `${sid} was told to switch to a WebSocket that then ended`);
      },
    },
  };
}
