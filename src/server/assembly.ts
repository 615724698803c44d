import type { Timer } from "../schedule.ts";
import type { Message, PacketDecoder } from "../wire/codec.ts";
import { type Packet, PacketError } from "../wire/packet.ts";
import type { NamespaceParts } from "./parts.ts";

/** What takes whole packets. */
export interface PacketTaker {
  /** `bytes` is what it came in: UTF-16 units of its text, bytes of its attachments. */
  take(packet: Packet | PacketError, bytes: number): void;
}

/** Puts the messages of one client together to packets; attachments that are too large or too late are an error. */
export class Assembly {
  readonly decoder: PacketDecoder;
  readonly #parts: NamespaceParts;
  readonly #taker: PacketTaker;
  #bytes = 0;
  #deadline: Timer | undefined;

  constructor(decoder: PacketDecoder, parts: NamespaceParts, taker: PacketTaker) {
    this.decoder = decoder;
    this.#parts = parts;
    this.#taker = taker;
  }

  receive(message: Message): void {
    this.#bytes += message.length;
    const packet = this.decoder.receive(message);
    if (packet === undefined) return this.#awaitAttachments();
    this.#deadline?.cancel();
    this.#deadline = undefined;
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#taker.take(packet, bytes);
  }

  /** Forgets what is not whole. */
  end(): void {
    this.#deadline?.cancel();
    this.decoder.reset();
  }

  #awaitAttachments(): void {
    const { schedule, engineOptions } = this.#parts;
    if (this.decoder.pendingBytes > engineOptions.limits.maxReassemblyBytes) {
      return this.#taker.take(new PacketError("attachments too large", "maxReassemblyBytes"), this.#bytes);
    }
    this.#deadline ??= schedule.after(engineOptions.limits.reassemblyTimeout, () => {
      this.#taker.take(new PacketError("attachments did not arrive in time", "reassemblyTimeout"), this.#bytes);
    });
  }
}
