/**
 * Engine.IO, revision 3: packets, and what one HTTP request carries.
 *
 *     packet as text     <type 0-6>[<data>], or b4<base64> for a message of bytes
 *     packet as bytes    04 [<data>]
 *     payload as text    (<UTF-16 units>:<packet as text>)+
 *     payload as bytes   (00 <digits> ff <packet as text, in UTF-8> or 01 <digits> ff <packet as bytes>)+
 *
 * A digit in a payload of bytes is a byte of 0 to 9. Lengths there are in bytes.
 */

import { decodeBase64, encodeBase64 } from "./base64.ts";
import { type EnginePacket, decodeEnginePacket } from "./engine-packet.ts";
import type { Message } from "./codec.ts";
import type { PayloadSlice } from "./engine-payload.ts";

const MESSAGE = 4;
const DIGIT_0 = 0x30;
const COLON = 0x3a;
const LETTER_B = 0x62;
const TEXT = 0;
const BYTES = 1;
const END_OF_LENGTH = 0xff;
/** More digits than the longest payload needs. */
const MAX_LENGTH_DIGITS = 10;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An entry without content means nothing. */
const nothing: EnginePacket = { type: "noop", data: "" };

/** The WebSocket frame of a message. */
export function encodeFrameV3(message: Message): Message {
  if (typeof message === "string") return "4" + message;
  const frame = new Uint8Array(message.length + 1);
  frame[0] = MESSAGE;
  frame.set(message, 1);
  return frame;
}

/** A message as text. */
export function encodeTextV3(message: Message): string {
  return typeof message === "string" ? "4" + message : "b4" + encodeBase64(message);
}

/** Reads a WebSocket frame; `undefined` when it is no packet. */
export function decodeFrameV3(frame: Message): EnginePacket | undefined {
  return typeof frame === "string" ? decodeText(frame) : decodeBytes(frame);
}

/** Joins packets as text. */
export function encodeTextPayloadV3(packets: readonly string[]): string {
  return packets.map((packet) => `${packet.length}:${packet}`).join("");
}

/** Joins packets, each as text or as bytes. */
export function encodeBytesPayloadV3(frames: readonly Message[]): Uint8Array {
  const entries = frames.map((frame) => (typeof frame === "string" ? encoder.encode(frame) : frame));
  const payload = new Uint8Array(entries.reduce((size, { length }) => size + bytesEntrySizeV3(length), 0));
  let at = 0;
  for (const [index, entry] of entries.entries()) {
    payload[at++] = typeof frames[index] === "string" ? TEXT : BYTES;
    for (const digit of String(entry.length)) payload[at++] = Number(digit);
    payload[at++] = END_OF_LENGTH;
    payload.set(entry, at);
    at += entry.length;
  }
  return payload;
}

/** Bytes that a packet of `length` bytes takes in a payload of bytes. */
export function bytesEntrySizeV3(length: number): number {
  return 2 + String(length).length + length;
}

/** Reads at most `maxPackets` packets of a payload as text from index `from` on. */
export function decodeTextPayloadV3(text: string, from: number, maxPackets: number): PayloadSlice {
  return decodePayload(text.length, from, maxPackets, (at) => {
    const length = readLength((index) => text.charCodeAt(index) - DIGIT_0, at);
    if (length === undefined || text.charCodeAt(length.end) !== COLON) return undefined;
    const start = length.end + 1;
    const end = start + length.value;
    return { end, packet: () => (start === end ? nothing : decodeText(text.slice(start, end))) };
  });
}

/** Reads at most `maxPackets` packets of a payload as bytes from index `from` on. */
export function decodeBytesPayloadV3(bytes: Uint8Array, from: number, maxPackets: number): PayloadSlice {
  return decodePayload(bytes.length, from, maxPackets, (at) => {
    const kind = bytes[at];
    const length = readLength((index) => bytes[index] ?? END_OF_LENGTH, at + 1);
    if (length === undefined || bytes[length.end] !== END_OF_LENGTH || (kind !== TEXT && kind !== BYTES)) return undefined;
    const start = length.end + 1;
    const end = start + length.value;
    // A copy: the packet must not keep the whole payload in memory.
    return { end, packet: () => (start === end ? nothing : (kind === TEXT ? decodeUtf8 : decodeBytes)(bytes.slice(start, end))) };
  });
}

/** Where an entry ends, which may be behind the payload's end, and how to read it. */
interface Entry {
  readonly end: number;
  packet(): EnginePacket | undefined;
}

function decodePayload(size: number, from: number, maxPackets: number, entryAt: (at: number) => Entry | undefined): PayloadSlice {
  const packets: EnginePacket[] = [];
  let at = from;
  while (packets.length < maxPackets) {
    const entry = entryAt(at);
    const packet = entry === undefined || entry.end > size ? undefined : entry.packet();
    if (packet === undefined) return { packets, next: -1, malformed: true };
    packets.push(packet);
    at = entry!.end;
    if (at === size) return { packets, next: -1, malformed: false };
  }
  return { packets, next: at, malformed: false };
}

/** The number whose digits stand at `from`, and the index after them. */
function readLength(digitAt: (index: number) => number, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let end = from;
  for (let digit = digitAt(end); digit >= 0 && digit <= 9; digit = digitAt(end)) {
    if (end - from === MAX_LENGTH_DIGITS) return undefined;
    value = value * 10 + digit;
    end += 1;
  }
  return end === from ? undefined : { value, end };
}

function decodeText(text: string): EnginePacket | undefined {
  if (text.charCodeAt(0) !== LETTER_B) return decodeEnginePacket(text);
  const data = text.charCodeAt(1) === DIGIT_0 + MESSAGE ? decodeBase64(text, 2) : undefined;
  return data === undefined ? undefined : { type: "message", data };
}

function decodeUtf8(bytes: Uint8Array): EnginePacket | undefined {
  try {
    return decodeText(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

/** Clients send nothing but messages as bytes. */
function decodeBytes(bytes: Uint8Array): EnginePacket | undefined {
  return bytes[0] === MESSAGE ? { type: "message", data: bytes.subarray(1) } : undefined;
}
