/** What a packet may be, whatever encoding it came in. */
import type { CodecLimits } from "./codec.ts";
import { type Packet, PacketError, PacketType } from "./packet.ts";

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK } = PacketType;

const utf8 = new TextEncoder();

/** Names of what happens to a socket: a peer that sends one would fake it. */
const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** A value that another decoder takes for a packet, as ours would give it, or why it is none. */
export function checkPacket(value: unknown, limits: CodecLimits): Packet | PacketError {
  if (!isObject(value)) return invalidPayload();
  const { type, nsp, data, id } = value as { readonly [Key in keyof Packet]: unknown };
  if (!isPacketType(type)) return new PacketError(`unknown packet type ${String(type)}`);
  if (typeof nsp !== "string") return invalidPayload();
  if (takesMoreBytes(nsp, 0, nsp.length, limits.maxNamespaceLength)) return new PacketError("namespace too long", "maxNamespaceLength");
  if (id !== undefined && !(Number.isSafeInteger(id) && (id as number) >= 0)) return invalidPayload();
  if (nestsDeeper(data, limits.maxDepth)) return new PacketError("payload too deep", "maxDepth");
  const fault = faultOf(type, data, limits.maxArguments);
  return fault ?? { type: plain(type), nsp, data, id: takesId(type) ? (id as number | undefined) : undefined };
}

/** Checks what each type may carry. */
export function faultOf(type: PacketType, data: unknown, maxArguments: number): PacketError | undefined {
  switch (type) {
    case CONNECT:
      return data === undefined || isObject(data) ? undefined : invalidPayload();
    case DISCONNECT:
      return data === undefined ? undefined : invalidPayload();
    case CONNECT_ERROR:
      return typeof data === "string" || isObject(data) ? undefined : invalidPayload();
    case EVENT:
    case BINARY_EVENT:
      if (!Array.isArray(data) || !isEventName(data[0])) return invalidPayload();
      return data.length - 1 > maxArguments ? new PacketError("too many arguments", "maxArguments") : undefined;
    case ACK:
    case BINARY_ACK:
      if (!Array.isArray(data)) return invalidPayload();
      return data.length > maxArguments ? new PacketError("too many arguments", "maxArguments") : undefined;
  }
}

export function isPacketType(type: unknown): type is PacketType {
  return Number.isInteger(type) && (type as number) >= CONNECT && (type as number) <= BINARY_ACK;
}

export function takesId(type: PacketType): boolean {
  return type !== CONNECT && type !== DISCONNECT && type !== CONNECT_ERROR;
}

/** Whether a part of `text` is longer than `limit` in UTF-8: a UTF-16 unit is one to three bytes. */
export function takesMoreBytes(text: string, from: number, to: number, limit: number): boolean {
  const units = to - from;
  if (units > limit) return true;
  return units * 3 > limit && utf8.encode(text.slice(from, to)).length > limit;
}

export function invalidPayload(): PacketError {
  return new PacketError("invalid payload");
}

/** Which packets are binary is the encoding's own affair. */
function plain(type: PacketType): PacketType {
  return type === BINARY_EVENT ? EVENT : type === BINARY_ACK ? ACK : type;
}

/** Never goes deeper than `maxDepth` itself. */
function nestsDeeper(value: unknown, maxDepth: number): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  return maxDepth === 0 || Object.values(value).some((each) => nestsDeeper(each, maxDepth - 1));
}

function isObject(data: unknown): boolean {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

/** `1e999` is JSON, but the infinity it stands for cannot be sent on. */
function isEventName(name: unknown): boolean {
  return typeof name === "string" ? !RESERVED_EVENTS.has(name) : Number.isFinite(name);
}
