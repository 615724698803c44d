/** Reads the text of one packet in one pass: `<type>[<attachments>-][<nsp>,][<ack id>][<JSON>]` */

import type { CodecLimits } from "./codec.ts";
import { faultOf, invalidPayload, isPacketType, takesId, takesMoreBytes } from "./packet-check.ts";
import { type Packet, PacketError, PacketType } from "./packet.ts";

const { BINARY_EVENT, BINARY_ACK } = PacketType;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const SLASH = 0x2f;
const DASH = 0x2d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Returns the packet, its type as sent and its placeholders still in place, or why the text is none. */
export function readPacket(text: string, limits: CodecLimits): Packet | PacketError {
  const type = text.charCodeAt(0) - DIGIT_0;
  if (!isPacketType(type)) return new PacketError(`unknown packet type ${text.charAt(0)}`);
  if (type !== BINARY_EVENT && type !== BINARY_ACK) return readRest(text, 1, type, limits);
  const end = skipDigits(text, 1);
  const count = attachmentCountOf(text);
  if (text.charCodeAt(end) !== DASH || count === 0) return new PacketError("Illegal attachments");
  if (count > limits.maxAttachments) return new PacketError("too many attachments", "maxAttachments");
  return readRest(text, end + 1, type, limits);
}

/** The number of attachments announced by a binary packet that `readPacket` accepts. */
export function attachmentCountOf(text: string): number {
  return Number(text.slice(1, skipDigits(text, 1)));
}

/** Reads from the namespace on. */
function readRest(text: string, from: number, type: PacketType, limits: CodecLimits): Packet | PacketError {
  let at = from;
  let nsp = "/";
  if (text.charCodeAt(at) === SLASH) {
    const end = endOfNamespace(text, at);
    if (takesMoreBytes(text, at, end, limits.maxNamespaceLength)) return new PacketError("namespace too long", "maxNamespaceLength");
    nsp = text.slice(at, end);
    at = end + 1;
  }
  const idEnd = skipDigits(text, at);
  if (idEnd - at > limits.maxAckIdDigits) return new PacketError("invalid payload", "maxAckIdDigits");
  const id = idEnd > at ? Number(text.slice(at, idEnd)) : undefined;
  if (id !== undefined && !Number.isSafeInteger(id)) return invalidPayload();
  const data = idEnd < text.length ? readJson(text, idEnd, limits.maxDepth) : undefined;
  if (data instanceof PacketError) return data;
  const fault = faultOf(type, data, limits.maxArguments);
  return fault ?? { type, nsp, data, id: takesId(type) ? id : undefined };
}

/** A namespace ends at the comma; older clients leave that out where nothing follows. */
function endOfNamespace(text: string, from: number): number {
  const comma = text.indexOf(",", from);
  return comma === -1 ? text.length : comma;
}

function readJson(text: string, from: number, maxDepth: number): unknown {
  if (nestsDeeper(text, from, maxDepth)) return new PacketError("payload too deep", "maxDepth");
  try {
    return JSON.parse(text.slice(from)) as unknown;
  } catch {
    return invalidPayload();
  }
}

/** Looked at before parsing, since a parser may use the stack. Assumes valid JSON: anything else is refused anyway. */
function nestsDeeper(text: string, from: number, maxDepth: number): boolean {
  if (text.length - from <= 2 * maxDepth) return false;
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) inString = !inString;
    else if (inString) at += code === BACKSLASH ? 1 : 0;
    else if (code === OPEN_BRACKET || code === OPEN_BRACE) {
      if (++depth > maxDepth) return true;
    } else if (code === CLOSE_BRACKET || code === CLOSE_BRACE) depth--;
  }
  return false;
}

/** Index after the digits that stand at `from`. */
function skipDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
