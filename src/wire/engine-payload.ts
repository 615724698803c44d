/**
 * What one HTTP request of Engine.IO, revision 4, carries:
 *
 *     <packet>[␞<packet>]*    ␞ is U+001E
 */

import { decodeEnginePacket, type EnginePacket } from "./engine-packet.ts";

const SEPARATOR = "\x1e";

/** Some of the packets of a payload. */
export interface PayloadSlice {
  readonly packets: readonly EnginePacket[];
  /** Index to go on at, or -1 when nothing is left to read. */
  readonly next: number;
  /** Whether what follows `packets` is not a packet; the rest of the payload is then lost. */
  readonly malformed: boolean;
}

/** Joins encoded packets. */
export function encodePayload(packets: readonly string[]): string {
  return packets.join(SEPARATOR);
}

/** Reads at most `maxPackets` packets from index `from` on: a huge payload can be read over several turns. */
export function decodePayload(text: string, from: number, maxPackets: number): PayloadSlice {
  const packets: EnginePacket[] = [];
  let at = from;
  while (packets.length < maxPackets) {
    const separator = text.indexOf(SEPARATOR, at);
    const packet = decodeEnginePacket(text.slice(at, separator === -1 ? text.length : separator));
    if (packet === undefined) return { packets, next: -1, malformed: true };
    packets.push(packet);
    if (separator === -1) return { packets, next: -1, malformed: false };
    at = separator + 1;
  }
  return { packets, next: at, malformed: false };
}
