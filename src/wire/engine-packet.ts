/**
 * One packet of Engine.IO, revision 4, as text:
 *
 *     <type 0-6>[<data>]      open close ping pong message upgrade noop
 *     b<base64>               a message of bytes, which may be none
 */

import { decodeBase64, encodeBase64 } from "./base64.ts";

export type EnginePacketType = "open" | "close" | "ping" | "pong" | "message" | "upgrade" | "noop";

/** What one side of an Engine.IO connection says in one go. */
export interface EnginePacket {
  readonly type: EnginePacketType;
  /** `""` when there is none. Only a message may be bytes. */
  readonly data: string | Uint8Array;
}

/** Position is the digit on the wire. */
const TYPES: readonly EnginePacketType[] = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const DIGIT_0 = 0x30;
const LETTER_B = 0x62;

/** Writes a packet as text; bytes become base64. */
export function encodeEnginePacket(packet: EnginePacket): string {
  const { type, data } = packet;
  return typeof data === "string" ? TYPES.indexOf(type) + data : "b" + encodeBase64(data);
}

/** Reads a packet; `undefined` when the text is none. */
export function decodeEnginePacket(text: string): EnginePacket | undefined {
  const first = text.charCodeAt(0);
  const type = TYPES[first - DIGIT_0];
  if (type !== undefined) return { type, data: text.slice(1) };
  if (first !== LETTER_B) return undefined;
  const data = decodeBase64(text, 1);
  return data === undefined ? undefined : { type: "message", data };
}
