import type { Host } from "../platform.ts";
import type { Codec, CodecLimits, Message, PacketDecoder } from "../wire/codec.ts";
import { checkPacket } from "../wire/packet-check.ts";
import { type Packet, PacketError } from "../wire/packet.ts";

/** Another encoding, in the shape of the npm package `socket.io-parser`. */
export interface Parser {
  // Published parsers name these types as they like.
  // oxlint-disable-next-line no-explicit-any
  Encoder: new () => { encode(packet: any): any };
  Decoder: new () => ParserDecoder;
}

interface ParserDecoder {
  // oxlint-disable-next-line no-explicit-any
  on(event: "decoded", listener: (packet: any) => void): unknown;
  // oxlint-disable-next-line no-explicit-any
  add(message: any): void;
  destroy?(): void;
}

/** The codec that speaks through `parser`, which is made for Node or for browsers. */
export function codecOf(parser: Parser, limits: CodecLimits, host: Pick<Host, "bytes" | "nodeBytes">): Codec {
  const encoder = new parser.Encoder();
  const bytes = (data: Uint8Array): Uint8Array => host.nodeBytes?.(data) ?? host.bytes(data);
  return {
    encode: (packet) => (encoder.encode(copyOf(packet)) as (Message | ArrayBuffer)[]).map(toMessage),
    createDecoder: () => new DecoderAdapter(parser, limits, bytes),
  };
}

/** Encoders may change a packet. What is `undefined` is left out, since some write it: clients would find an id that is none. */
function copyOf({ type, nsp, data, id }: Packet): Packet {
  return { type, nsp, ...(data === undefined ? {} : { data }), ...(id === undefined ? {} : { id }) };
}

function toMessage(message: Message | ArrayBuffer): Message {
  return message instanceof ArrayBuffer ? new Uint8Array(message) : message;
}

/** Turns a decoder that calls back into one that returns. */
class DecoderAdapter implements PacketDecoder {
  readonly #decoder: ParserDecoder;
  readonly #limits: CodecLimits;
  readonly #bytes: (data: Uint8Array) => Uint8Array;
  #decoded: unknown[] = [];
  #pendingBytes = 0;

  constructor(parser: Parser, limits: CodecLimits, bytes: (data: Uint8Array) => Uint8Array) {
    this.#decoder = new parser.Decoder();
    this.#decoder.on("decoded", (packet: unknown) => (this.#decoded = [packet]));
    this.#limits = limits;
    this.#bytes = bytes;
  }

  get pending(): boolean {
    return this.#pendingBytes > 0;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  receive(message: Message): Packet | PacketError | undefined {
    this.#decoded = [];
    this.#pendingBytes += message.length;
    try {
      this.#decoder.add(typeof message === "string" ? message : this.#bytes(message));
    } catch (error) {
      this.reset();
      return new PacketError(error instanceof Error ? error.message : String(error));
    }
    if (this.#decoded.length === 0) return undefined;
    this.#pendingBytes = 0;
    return checkPacket(this.#decoded[0], this.#limits);
  }

  reset(): void {
    this.#decoder.destroy?.();
    this.#pendingBytes = 0;
  }
}
