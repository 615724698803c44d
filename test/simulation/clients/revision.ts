import { decodeBase64, encodeBase64 } from "../../../src/wire/base64.ts";
import type { Frame } from "../network/web-socket.ts";

/** What differs between revisions of Engine.IO, read and written from the protocol documents alone. A packet is what one WebSocket frame carries. */
export interface ClientRevision {
  /** Of each request. */
  readonly query: string;
  /** Who begins the heartbeat. */
  readonly pings: "server" | "client";
  /** A message of bytes as a packet, and back. */
  pack(message: Uint8Array): Uint8Array;
  unpack(packet: Uint8Array): Uint8Array;
  /** What one request or answer carries. */
  writePayload(packets: readonly Frame[]): Frame;
  readPayload(payload: Frame): Frame[];
}

const SEPARATOR = "\x1e";

export const revision4: ClientRevision = {
  query: "EIO=4",
  pings: "server",
  pack: (message) => message,
  unpack: (packet) => packet,
  writePayload: (packets) => packets.map((packet) => (typeof packet === "string" ? packet : `b${encodeBase64(packet)}`)).join(SEPARATOR),
  readPayload: (payload) => textOf(payload).split(SEPARATOR).map((packet) => (packet.startsWith("b") ? decodeBase64(packet, 1)! : packet)),
};

/** A client that can take bytes over HTTP sends and gets them as they are, and all others as text. */
export function revision3(form: "bytes" | "text"): ClientRevision {
  const hasBytes = form === "bytes";
  return {
    query: hasBytes ? "EIO=3" : "EIO=3&b64=1",
    pings: "client",
    pack: (message) => Uint8Array.of(4, ...message),
    unpack: (packet) => packet.slice(1),
    writePayload: (packets) => (hasBytes && packets.some((packet) => typeof packet !== "string") ? writeBytes(packets) : writeText(packets)),
    readPayload: (payload) => (typeof payload === "string" ? readText(payload) : readBytes(payload)),
  };
}

/** `<UTF-16 units>:<packet>`, with bytes as `b<type><base64>`. */
function writeText(packets: readonly Frame[]): string {
  const texts = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet[0] ?? 0}${encodeBase64(packet.slice(1))}`));
  return texts.map((text) => `${text.length}:${text}`).join("");
}

function readText(payload: string): Frame[] {
  const packets: Frame[] = [];
  for (let at = 0; at < payload.length; ) {
    const colon = payload.indexOf(":", at);
    const end = colon + 1 + Number(payload.slice(at, colon));
    if (colon === -1 || !(end <= payload.length)) throw new Error(`not a payload: ${payload}`);
    const text = payload.slice(colon + 1, end);
    packets.push(text.startsWith("b") ? Uint8Array.of(Number(text[1]), ...decodeBase64(text, 2)!) : text);
    at = end;
  }
  return packets;
}

/** `00` or `01` for text or bytes, the length in bytes with a digit in each byte, `ff`, and the packet. */
function writeBytes(packets: readonly Frame[]): Uint8Array {
  return Uint8Array.from(packets.flatMap((packet) => {
    const bytes = typeof packet === "string" ? new TextEncoder().encode(packet) : packet;
    return [typeof packet === "string" ? 0 : 1, ...Array.from(String(bytes.length), Number), 0xff, ...bytes];
  }));
}

function readBytes(payload: Uint8Array): Frame[] {
  const packets: Frame[] = [];
  for (let at = 0; at < payload.length; ) {
    const mark = payload.indexOf(0xff, at);
    const end = mark + 1 + Number(payload.slice(at + 1, mark).join(""));
    if (mark === -1 || payload[at]! > 1 || !(end <= payload.length)) throw new Error("not a payload of bytes");
    const packet = payload.slice(mark + 1, end);
    packets.push(payload[at] === 0 ? new TextDecoder().decode(packet) : packet);
    at = end;
  }
  return packets;
}

function textOf(payload: Frame): string {
  if (typeof payload !== "string") throw new Error("a payload of bytes where only text is known");
  return payload;
}
