import type { Invariant, Watch } from "./invariant.ts";

/** I34: nothing is left of clients that have left. */
export function emptiness({ simulation, fail }: Watch): Invariant {
  return {
    emptied() {
      const { io, app } = simulation.life;
      if (io.engine.clientsCount > 0) fail("I34", `${io.engine.clientsCount} connections are left`);
      if (app.members.all().length > 0) fail("I34", `${app.members.all().length} sockets have not been told that they left`);
      const { unjoined, bufferedBytes, reassemblyBytes, pendingAcks } = io.metrics();
      const left = { unjoined, bufferedBytes, reassemblyBytes, pendingAcks };
      for (const [what, count] of Object.entries(left)) if (count !== 0) fail("I34", `metrics() still counts ${what}: ${count}`);
      for (const { name, sockets, adapter } of io._nsps.values()) {
        if (sockets.size > 0) fail("I34", `${sockets.size} sockets are left in ${name}`);
        if (adapter.sids.size > 0 || adapter.rooms.size > 0) fail("I34", `rooms are left in ${name}: ${[...adapter.rooms.keys()].join()}`);
      }
    },
  };
}
