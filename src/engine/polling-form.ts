import { type PayloadSlice, decodePayload, encodePayload } from "../wire/engine-payload.ts";
import {
  bytesEntrySizeV3,
  decodeBytesPayloadV3,
  decodeTextPayloadV3,
  encodeBytesPayloadV3,
  encodeTextPayloadV3,
} from "../wire/engine-v3.ts";
import { decodeJsonp, encodeJsonp } from "../wire/jsonp.ts";
import { utf8Length } from "../wire/utf8.ts";
import type { Outgoing } from "./revision.ts";

/** The body and type of a poll's reply. */
export interface PollBody {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

/** Gives the next packets of a POST's body. */
export type PayloadReader = (from: number, maxPackets: number) => PayloadSlice;

/** How the bodies of polling requests look. */
export interface PollingForm {
  /** Whether replies are scripts, which a page of any site may load and run. */
  readonly isScript?: true;
  /** Bytes of a body, beside its items. */
  readonly baseSize: number;
  /** Bytes that `item` takes in a body, at most. */
  sizeOf(item: Outgoing): number;
  encode(items: readonly Outgoing[]): PollBody;
  /** Whether the body of a POST may be of this type. */
  accepts(contentType: string): boolean;
  /** What reads the packets of a POST's body; `undefined` where there cannot be any. */
  read(body: Uint8Array, contentType: string): PayloadReader | undefined;
}

const plainText = "text/plain; charset=UTF-8";
const bytes = "application/octet-stream";
const script = "text/javascript; charset=UTF-8";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text, as revision 4 joins it. */
export const textForm4: PollingForm = {
  // Before the first packet there is no separator.
  baseSize: -1,
  sizeOf: ({ packets }) => sum(packets, (packet) => 1 + utf8Length(packet)),
  encode: (items) => ({ contentType: plainText, body: encodePayload(packetsOf(items)) }),
  accepts: isNotBytes,
  read: (body) => readerOf(decodeText(body), decodePayload),
};

/** Text, as revision 3 joins it; bytes are base64. */
export const textForm3: PollingForm = {
  baseSize: 0,
  sizeOf: ({ packets }) => sum(packets, textEntrySize),
  encode: (items) => ({ contentType: plainText, body: encodeTextPayloadV3(packetsOf(items)) }),
  accepts: () => true,
  read: (body, contentType) =>
    isNotBytes(contentType)
      ? readerOf(decodeText(body), decodeTextPayloadV3)
      : (from, maxPackets) => decodeBytesPayloadV3(body, from, maxPackets),
};

/** Text in revision 3, and bytes as they are where there are any. */
export const bytesForm3: PollingForm = {
  ...textForm3,
  sizeOf: ({ frames }) => sum(frames, (frame) => bytesEntrySizeV3(typeof frame === "string" ? utf8Length(frame) : frame.length)),
  encode(items) {
    const frames = items.flatMap((item) => item.frames);
    if (frames.every((frame) => typeof frame === "string")) return textForm3.encode(items);
    return { contentType: bytes, body: encodeBytesPayloadV3(frames) };
  },
};

/** A script that calls back with the text of revision 3, and a form. */
export function jsonpForm3(index: string): PollingForm {
  return {
    isScript: true,
    baseSize: encodeJsonp(index, "").length,
    sizeOf: ({ packets }) => sum(packets, jsonpEntrySize),
    encode: (items) => ({ contentType: script, body: encodeJsonp(index, encodeTextPayloadV3(packetsOf(items))) }),
    accepts: isNotBytes,
    read(body) {
      const text = decodeText(body);
      return text === undefined ? undefined : readerOf(decodeJsonp(text), decodeTextPayloadV3);
    },
  };
}

function readerOf(
  text: string | undefined,
  decode: (text: string, from: number, maxPackets: number) => PayloadSlice,
): PayloadReader | undefined {
  return text === undefined ? undefined : (from, maxPackets) => decode(text, from, maxPackets);
}

function packetsOf(items: readonly Outgoing[]): readonly string[] {
  if (items.length === 1) return items[0]!.packets;
  const packets: string[] = [];
  for (const item of items) packets.push(...item.packets);
  return packets;
}

function textEntrySize(packet: string): number {
  return String(packet.length).length + 1 + utf8Length(packet);
}

/** What the script's string literal adds: escapes. */
function jsonpEntrySize(packet: string): number {
  const literal = encodeJsonp("", packet);
  return String(packet.length).length + 1 + utf8Length(literal) - encodeJsonp("", "").length;
}

function decodeText(body: Uint8Array): string | undefined {
  try {
    return decoder.decode(body);
  } catch {
    return undefined;
  }
}

function isNotBytes(contentType: string): boolean {
  return !contentType.startsWith(bytes);
}

function sum<Item>(items: readonly Item[], sizeOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + sizeOf(item), 0);
}
