import type { Invariant, Watch } from "./invariant.ts";

/** I24, I25: nothing leaves the core as an exception, and each failure of the app is reported once, and nothing else is. */
export function faults({ fail }: Watch): Invariant {
  const made = new Map<string, number>();
  return {
    on: {
      threw: ({ error }) => fail("I24", error instanceof Error ? (error.stack ?? error.message) : String(error)),
      appThrew: ({ fault }) => void made.set(fault, 0),
      faultReported: ({ fault }) => {
        // The app asks for more rooms than there may be, through `socketsJoin`.
        if (fault.startsWith("Cannot join: more than")) return;
        const count = made.get(fault);
        if (count === undefined) fail("I25", `a fault that is not the app's was reported as one: ${fault}`);
        else if (count > 0) fail("I25", `${fault} was reported twice`);
        made.set(fault, (count ?? 0) + 1);
      },
      serverDied: () => made.clear(),
      serverSlept: () => made.clear(),
    },
    settled() {
      for (const [fault, count] of made) if (count === 0) fail("I25", `${fault} was never reported`);
    },
  };
}
