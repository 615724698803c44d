import { restoreAttachments } from "./attachments.ts";
import type { CodecLimits, Message, PacketDecoder } from "./codec.ts";
import { attachmentCountOf, readPacket } from "./json-reader.ts";
import { type Packet, PacketError, PacketType } from "./packet.ts";

const { EVENT, ACK, BINARY_EVENT, BINARY_ACK } = PacketType;

/** A packet whose attachments are still on their way. */
interface Incomplete {
  readonly packet: Packet;
  /** Attachments that it announced. */
  readonly count: number;
  readonly attachments: Uint8Array[];
  bytes: number;
}

/**
 * Reads the default encoding and puts packets with attachments together.
 *
 * A complete `BINARY_EVENT` is returned as an `EVENT`, a `BINARY_ACK` as an `ACK`. After a `PacketError` nothing is
 * held any more.
 */
export class JsonDecoder implements PacketDecoder {
  readonly #limits: CodecLimits;
  readonly #bytes: (data: Uint8Array) => Uint8Array;
  #incomplete: Incomplete | undefined = undefined;

  constructor(limits: CodecLimits, bytes: (data: Uint8Array) => Uint8Array) {
    this.#limits = limits;
    this.#bytes = bytes;
  }

  get pending(): boolean {
    return this.#incomplete !== undefined;
  }

  get pendingBytes(): number {
    return this.#incomplete?.bytes ?? 0;
  }

  receive(message: Message): Packet | PacketError | undefined {
    return typeof message === "string" ? this.#receiveText(message) : this.#receiveBytes(message);
  }

  announces(message: Message): number {
    const isBinary = typeof message === "string" && /^[56]\d/.test(message);
    return isBinary ? Math.min(attachmentCountOf(message), this.#limits.maxAttachments) : 0;
  }

  reset(): void {
    this.#incomplete = undefined;
  }

  #receiveText(text: string): Packet | PacketError | undefined {
    if (this.#incomplete !== undefined) return this.#fail("got plaintext data when reconstructing a packet");
    const packet = readPacket(text, this.#limits);
    if (packet instanceof PacketError || (packet.type !== BINARY_EVENT && packet.type !== BINARY_ACK)) return packet;
    packet.type = packet.type === BINARY_EVENT ? EVENT : ACK;
    this.#incomplete = { packet, count: attachmentCountOf(text), attachments: [], bytes: 0 };
    return undefined;
  }

  #receiveBytes(data: Uint8Array): Packet | PacketError | undefined {
    const incomplete = this.#incomplete;
    if (incomplete === undefined) return new PacketError("got binary data when not reconstructing a packet");
    incomplete.bytes += data.length;
    if (incomplete.bytes > this.#limits.maxReassemblyBytes) return this.#fail("attachments too large", "maxReassemblyBytes");
    incomplete.attachments.push(data);
    return incomplete.attachments.length === incomplete.count ? this.#complete(incomplete) : undefined;
  }

  #complete({ packet, attachments }: Incomplete): Packet | PacketError {
    this.reset();
    const given = attachments.map((data) => this.#bytes(data));
    const restored = restoreAttachments(packet.data, given, this.#limits.maxDepth);
    if (restored instanceof PacketError) return restored;
    packet.data = restored;
    return packet;
  }

  #fail(message: string, limit?: keyof CodecLimits): PacketError {
    this.reset();
    return new PacketError(message, limit);
  }
}
