import type { Invariant, Watch } from "./invariant.ts";

/** I17, I34: what is kept for those who may come back stays within its limits, and is gone when nobody may any more. */
export function recovery({ simulation, fail }: Watch): Invariant {
  const kept = (): Kept[] => {
    const all: Kept[] = [];
    for (const { adapter } of simulation.life.io._nsps.values()) if ("kept" in adapter) all.push(adapter.kept as Kept);
    return all;
  };
  const isOn = simulation.scenario.options.connectionStateRecovery !== undefined;
  return {
    turnEnded() {
      if (!isOn) return;
      const { maxRecoveryPackets, maxRecoveryBytes, maxRecoverySessions } = simulation.life.io.engine.opts.limits;
      for (const { sessions, packets, bytes } of kept()) {
        if (sessions > maxRecoverySessions || packets > maxRecoveryPackets || bytes > maxRecoveryBytes) {
          fail("I17", `${sessions} sessions, ${packets} packets and ${bytes} bytes are kept`);
        }
      }
    },
    emptied() {
      for (const { sessions, packets } of kept()) {
        if (sessions + packets > 0) fail("I34", `${sessions} sessions and ${packets} packets are still kept`);
      }
      const { keys } = simulation.life.store;
      if (keys.length > 0) fail("I34", `still in the store: ${keys.join(", ")}`);
    },
  };
}

interface Kept {
  readonly sessions: number;
  readonly packets: number;
  readonly bytes: number;
}
