import { writePacket } from "../clients/packets.ts";
import type { Invariant, Watch } from "./invariant.ts";

/** I28: the core writes packets byte by byte as the protocol's grammar has them. */
export function wire({ fail }: Watch): Invariant {
  return {
    on: {
      packetArrived: ({ text, packet }) => {
        const expected = writePacket(packet);
        if (text !== expected) fail("I28", `the server wrote ${text} for ${expected}`);
      },
    },
  };
}
