import type { Invariant, Watch } from "./invariant.ts";

/** I3, I4: a WebSocket carries packets once it is its session's own, and none after; while it is tried it gets the answer to the probe alone. */
export function transports({ simulation, fail }: Watch): Invariant {
  return {
    on: {
      frameWritten: ({ ws, frame }) => {
        // The first packet is written before the session is known.
        if (typeof frame === "string" && frame.startsWith("0")) return;
        for (const { id, link } of simulation.life.io.engine.sessions.values()) {
          if (!("ws" in link) || link.ws !== ws.serverEnd) continue;
          if (link.state === "probing" && frame !== "3probe") fail("I4", `${String(frame)} was written to a WebSocket that ${id} is only trying`);
          return;
        }
        fail("I4", `${String(frame)} was written to a WebSocket that carries no session`);
      },
    },
  };
}
