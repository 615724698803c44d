import type { Invariant, Watch } from "./invariant.ts";

/** I35: a client that keeps to the protocol, on a line that never broke, does not end for an error; and it can read all that it gets. */
export function faultless({ simulation, isGood, fail }: Watch): Invariant {
  /** By connection: which client, and how often its line had been cut before. */
  const opened = new Map<string, { readonly client: number; readonly cuts: number }>();
  /** Connections that met a limit. */
  const limited = new Set<string>();
  return {
    on: {
      clientClosed: ({ sid, reason }) => {
        if (reason === "parse error") fail("I35", `the client of ${sid} could not read what it got`);
      },
      clientOpened: ({ client, sid }) => void opened.set(sid, { client, cuts: simulation.clients[client]!.line.cuts }),
      limitHit: ({ sid }) => void limited.add(sid),
      sessionClosed: ({ sid, reason }) => {
        const { client, cuts } = opened.get(sid) ?? {};
        if ((reason !== "transport error" && reason !== "parse error") || client === undefined || !isGood(sid) || limited.has(sid)) return;
        const { line, isOpen, sid: current } = simulation.clients[client]!;
        if (line.cuts === cuts && current === sid && isOpen) fail("I35", `${sid} ended with "${reason}", but its client made no error`);
      },
    },
  };
}
