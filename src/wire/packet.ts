import type { CodecLimits } from "./codec.ts";

/** The seven packets of the Socket.IO protocol, revision 5. */
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
} as const;

export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** A Socket.IO packet: what one namespace of one client says in one go. */
export interface Packet {
  type: PacketType;
  /** Namespace, with its leading slash. */
  nsp: string;
  /** An array (event, ack), an object (connect, error) or nothing. Binary values stand in place. */
  data?: unknown;
  /** Acknowledgement id. */
  id?: number | undefined;
}

/** The limits of one packet. */
type PacketLimit = keyof CodecLimits | "reassemblyTimeout" | "maxUrlLength" | "maxQueryParameters";

/** A peer's message that is not a packet; `message` is for the app's `error` listeners and the log. */
export class PacketError extends Error {
  override readonly name = "PacketError";
  /** The limit that the peer ran into, where that is what is wrong. */
  readonly limit: PacketLimit | undefined;

  constructor(message: string, limit?: PacketLimit) {
    super(message);
    this.limit = limit;
  }
}
