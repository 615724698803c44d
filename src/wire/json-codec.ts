/**
 * The default encoding of Socket.IO packets, revision 5:
 *
 *     <type>[<attachments>-][<nsp>,][<ack id>][<JSON>]
 *
 * followed by one message of bytes for each attachment.
 */

import { extractAttachments } from "./attachments.ts";
import type { Codec, CodecLimits, Message } from "./codec.ts";
import { JsonDecoder } from "./json-decoder.ts";
import { type Packet, PacketType } from "./packet.ts";

const { EVENT, ACK, BINARY_EVENT, BINARY_ACK } = PacketType;

/**
 * Makes the default codec.
 *
 * Which packets are binary is its own affair: both directions take and give `EVENT` and `ACK`. `bytes` gives received
 * attachments the type that the app expects.
 */
export function createJsonCodec(limits: CodecLimits, bytes: (data: Uint8Array) => Uint8Array = same): Codec {
  return {
    encode: (packet) => encode(packet, limits),
    createDecoder: (own) => new JsonDecoder(own === undefined ? limits : { ...limits, ...own }, bytes),
  };
}

function encode(packet: Packet, limits: CodecLimits): readonly Message[] {
  const { type, data } = packet;
  const isAck = type === ACK || type === BINARY_ACK;
  if (!isAck && type !== EVENT && type !== BINARY_EVENT) return [type + write(packet, data)];
  const extracted = extractAttachments(data, limits);
  const { attachments } = extracted;
  if (attachments.length === 0) return [(isAck ? ACK : EVENT) + write(packet, extracted.data)];
  const head = `${isAck ? BINARY_ACK : BINARY_EVENT}${attachments.length}-`;
  return [head + write(packet, extracted.data), ...attachments];
}

/** All that follows the type and the attachments. */
function write(packet: Packet, data: unknown): string {
  const json = data === undefined ? "" : JSON.stringify(data);
  const { nsp, id } = packet;
  if (id === undefined) return nsp === "/" ? json : `${nsp},${json}`;
  return nsp === "/" ? id + json : `${nsp},${id}${json}`;
}

function same(data: Uint8Array): Uint8Array {
  return data;
}
