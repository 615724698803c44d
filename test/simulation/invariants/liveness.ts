import type { Invariant, Watch } from "./invariant.ts";

/** I33: once the faults are over, whoever wants to be connected is, and stays so. */
export function liveness({ simulation, waits, fail }: Watch): Invariant {
  const arePlaced = (): void => {
    for (const client of simulation.clients) {
      if (client.isGood && !client.isAway && !client.isContent) fail("I33", `client ${client.number} is not where it wants to be: ${client.status}`);
    }
  };
  return {
    on: {
      clientClosed: ({ client, sid, reason }) => {
        // Without a session, it was refused: that may go on until there is room.
        if (!simulation.isQuiet || sid === "" || !simulation.clients[client]!.isGood || reason === "client") return;
        // What it posts after it has switched is refused.
        if (waits(sid) || reason !== "transport error") fail("I33", `${sid} ended with "${reason}" though nothing was wrong`);
      },
    },
    settled: arePlaced,
    restarted: arePlaced,
  };
}
