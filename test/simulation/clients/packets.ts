/**
 * Socket.IO packets, revision 5, read and written from the protocol document alone: what the core writes is compared with this.
 *
 *     <type>[<attachments>-][<nsp>,][<ack id>][<JSON>]
 */
import type { Frame } from "../network/web-socket.ts";

export interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly id: number | undefined;
  readonly attachments: number;
  /** Placeholders in place. */
  readonly data: unknown;
}

export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
export const BINARY_EVENT = 5;
export const BINARY_ACK = 6;

export function writePacket({ type, nsp, id, attachments, data }: Packet): string {
  const count = type === BINARY_EVENT || type === BINARY_ACK ? `${attachments}-` : "";
  const name = nsp === "/" ? "" : `${nsp},`;
  return `${type}${count}${name}${id ?? ""}${data === undefined ? "" : JSON.stringify(data)}`;
}

const form = /^([0-6])(?:(\d+)-)?(?:(\/[^,]*),)?(\d+)?(.*)$/s;

/** Throws where the text is no packet. */
export function readPacket(text: string): Packet {
  const parts = form.exec(text);
  if (parts === null) throw new Error(`not a packet: ${text}`);
  const [, type, attachments, nsp, id, json] = parts;
  return {
    type: Number(type),
    nsp: nsp ?? "/",
    id: id === undefined ? undefined : Number(id),
    attachments: Number(attachments ?? 0),
    data: json === "" ? undefined : (JSON.parse(json!) as unknown),
  };
}

/** Puts what one connection carries together: a packet is whole once its attachments are there. */
export class Assembly {
  #packet: Packet | undefined;
  #missing = 0;

  /** Whether attachments are missing. */
  get isOpen(): boolean {
    return this.#packet !== undefined;
  }

  /** The packet that is whole now, with the type that it has without attachments. */
  add(frame: Frame): Packet | undefined {
    if (typeof frame !== "string") this.#missing -= 1;
    else {
      const packet = readPacket(frame);
      if (packet.type !== BINARY_EVENT && packet.type !== BINARY_ACK) return packet;
      this.#packet = { ...packet, type: packet.type - 3 };
      this.#missing = packet.attachments;
    }
    if (this.#missing > 0) return undefined;
    const whole = this.#packet;
    this.#packet = undefined;
    return whole;
  }
}

/** A message of an app, its bytes taken out. */
export function packetOf(type: number, nsp: string, data: unknown[], id: number | undefined, blobs: readonly Uint8Array[]): Packet {
  const places = blobs.map((_, num) => ({ _placeholder: true, num }));
  const isBinary = blobs.length > 0;
  const shown = isBinary ? [...data, ...places] : data;
  return { type: isBinary ? type + 3 : type, nsp, id, attachments: blobs.length, data: shown };
}
