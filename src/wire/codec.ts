import type { Packet, PacketError } from "./packet.ts";

/** One Engine.IO message: text, or one binary attachment. */
export type Message = string | Uint8Array;

/** What a codec may spend on one packet. */
export interface CodecLimits {
  readonly maxArguments: number;
  readonly maxDepth: number;
  readonly maxAttachments: number;
  readonly maxReassemblyBytes: number;
  readonly maxAckIdDigits: number;
  /** UTF-8 bytes. */
  readonly maxNamespaceLength: number;
}

/** Turns packets into messages and back: the slot for other encodings than JSON. */
export interface Codec {
  /** Messages that must travel together and in order. Throws what `JSON.stringify` throws, and `RangeError` past a limit. */
  encode(packet: Packet): readonly Message[];
  /** `limits` are those of this connection that differ; other encodings than JSON need not heed them. */
  createDecoder(limits?: Partial<CodecLimits>): PacketDecoder;
}

/** Reads one connection's messages. */
export interface PacketDecoder {
  /** A packet, `undefined` while attachments are missing, or the reason why this is none. Never throws. */
  receive(message: Message): Packet | PacketError | undefined;
  /** How many attachments follow this message, which starts a packet. @default 0 */
  announces?(message: Message): number;
  /** Bytes held for a packet whose attachments are still missing; 0 when none is. */
  readonly pendingBytes: number;
  /** Whether a packet still waits for attachments. */
  readonly pending: boolean;
  /** Forgets an incomplete packet. */
  reset(): void;
}
