import type { Timer } from "../schedule.ts";
import type { Message, PacketDecoder } from "../wire/codec.ts";
import { type Packet, PacketError } from "../wire/packet.ts";
import type { NamespaceParts } from "./parts.ts";

/** Puts the messages of one client together to packets; attachments that are too large or too late are an error. */
export class Assembly {
  readonly decoder: PacketDecoder;
  readonly #parts: NamespaceParts;
  readonly #take: (packet: Packet | PacketError, bytes: number) => void;
  #bytes = 0;
  #deadline: Timer | undefined;

  /** `take` also gets the bytes that a packet came in: UTF-16 units of its text, bytes of its attachments. */
  constructor(decoder: PacketDecoder, parts: NamespaceParts, take: (packet: Packet | PacketError, bytes: number) => void) {
    this.decoder = decoder;
    this.#parts = parts;
    this.#take = take;
  }

  receive(message: Message): void {
    this.#bytes += message.length;
    const packet = this.decoder.receive(message);
    if (packet === undefined) return this.#awaitAttachments();
    this.#deadline?.cancel();
    this.#deadline = undefined;
    const bytes = this.#bytes;
    this.#bytes = 0;
    this.#take(packet, bytes);
  }

  /** Forgets what is not whole. */
  end(): void {
    this.#deadline?.cancel();
    this.decoder.reset();
  }

  #awaitAttachments(): void {
    const { schedule, engineOptions } = this.#parts;
    if (this.decoder.pendingBytes > engineOptions.limits.maxReassemblyBytes) {
      return this.#take(new PacketError("attachments too large", "maxReassemblyBytes"), this.#bytes);
    }
    this.#deadline ??= schedule.after(engineOptions.limits.reassemblyTimeout, () => {
      this.#take(new PacketError("attachments did not arrive in time", "reassemblyTimeout"), this.#bytes);
    });
  }
}
