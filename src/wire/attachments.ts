/**
 * Bytes cannot stand in JSON, so they leave it and travel behind. Each place where they stood holds
 *
 *     {"_placeholder":true,"num":<index of the attachment>}
 */

import type { CodecLimits } from "./codec.ts";
import { PacketError } from "./packet.ts";

/** Data without bytes, and the bytes that stood in it. */
export interface Extracted {
  readonly data: unknown;
  readonly attachments: readonly Uint8Array[];
}

export type ExtractLimits = Pick<CodecLimits, "maxDepth" | "maxAttachments">;

type Container = Record<string | number, unknown>;

const NO_ATTACHMENTS: readonly Uint8Array[] = [];

/**
 * Whether bytes stand anywhere in `value`: an `ArrayBuffer` or any view.
 *
 * Throws `RangeError` where it nests deeper than `maxDepth` (a circular structure does), and `TypeError` for a `Blob`.
 */
export function hasBinary(value: unknown, maxDepth: number): boolean {
  return isObject(value) && holdsBytes(value, "", maxDepth);
}

/**
 * Puts placeholders into a copy of `data`, which itself is never changed, and returned when there are no bytes in it.
 *
 * Views become `Uint8Array`s over the same memory. Throws as `hasBinary` does, and `RangeError` past `maxAttachments`.
 */
export function extractAttachments(data: unknown, limits: ExtractLimits): Extracted {
  if (!hasBinary(data, limits.maxDepth)) return { data, attachments: NO_ATTACHMENTS };
  const attachments: Uint8Array[] = [];
  return { data: detach(data, "", limits.maxDepth, attachments, limits), attachments };
}

/**
 * Puts attachments where their placeholders stand, in place: `data` must be fresh from `JSON.parse`.
 *
 * Returns the data, or a `PacketError` when a placeholder names no attachment.
 */
export function restoreAttachments(data: unknown, attachments: readonly Uint8Array[], maxDepth: number): unknown {
  if (!isObject(data)) return data;
  const container = data as Container;
  if (container["_placeholder"] === true) return attachmentOf(container["num"], attachments);
  if (maxDepth === 0) return new PacketError("payload too deep", "maxDepth");
  for (const key of Array.isArray(data) ? data.keys() : Object.keys(data)) {
    const before = container[key];
    if (!isObject(before)) continue;
    const after = restoreAttachments(before, attachments, maxDepth - 1);
    if (after === before) continue;
    if (after instanceof PacketError) return after;
    container[key] = after;
  }
  return data;
}

function attachmentOf(num: unknown, attachments: readonly Uint8Array[]): Uint8Array | PacketError {
  const attachment = typeof num === "number" ? attachments[num] : undefined;
  return attachment ?? new PacketError("illegal attachments");
}

/** Most values are none: to know that before the call saves most of the calls, and engines from inlining this into itself. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function holdsBytes(value: object, key: string | number, depth: number): boolean {
  const shown = asShown(value, key);
  if (!isObject(shown)) return false;
  if (isBinary(shown)) return true;
  refuseBlob(shown);
  if (depth === 0) throw tooDeep();
  return Array.isArray(shown) ? itemsHoldBytes(shown, depth - 1) : propertiesHoldBytes(shown as Container, depth - 1);
}

function itemsHoldBytes(items: readonly unknown[], depth: number): boolean {
  for (let at = 0; at < items.length; at++) {
    const inner = items[at];
    if (isObject(inner) && holdsBytes(inner, at, depth)) return true;
  }
  return false;
}

function propertiesHoldBytes(container: Container, depth: number): boolean {
  for (const name in container) {
    // What is inherited is not sent, so its getters are not called.
    if (!Object.hasOwn(container, name)) continue;
    const inner = container[name];
    if (isObject(inner) && holdsBytes(inner, name, depth)) return true;
  }
  return false;
}

/** A copy of `value` as JSON would show it, with placeholders for bytes; those are added to `attachments`. */
function detach(
  value: unknown,
  key: string | number,
  depth: number,
  attachments: Uint8Array[],
  limits: ExtractLimits,
): unknown {
  const shown = asShown(value, key);
  if (!isObject(shown) || isBoxed(shown)) return shown;
  if (isBinary(shown)) return placeholderFor(shown, attachments, limits.maxAttachments);
  refuseBlob(shown);
  if (depth === 0) throw tooDeep();
  if (Array.isArray(shown)) {
    // Not `map`, which leaves holes: JSON writes null for them.
    const items: unknown[] = [];
    for (let at = 0; at < shown.length; at++) items.push(detach(shown[at], at, depth - 1, attachments, limits));
    return items;
  }
  const copy: Container = {};
  for (const name of Object.keys(shown)) {
    const inner = (shown as Container)[name];
    // JSON.stringify would call it, and it has been called.
    if (name === "toJSON" && typeof inner === "function") continue;
    define(copy, name, detach(inner, name, depth - 1, attachments, limits));
  }
  return copy;
}

/** What `JSON.stringify` would look at; bytes stay bytes, though Node's `Buffer` has a `toJSON`. */
function asShown(value: unknown, key: string | number): unknown {
  if (!isObject(value) || isBinary(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === "function" ? toJSON.call(value, String(key)) : value;
}

function isBinary(value: object): value is ArrayBuffer | ArrayBufferView {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** `new String("a")` and the like, which JSON writes as what they hold. */
function isBoxed(value: object): boolean {
  return value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt;
}

function placeholderFor(
  bytes: ArrayBuffer | ArrayBufferView,
  attachments: Uint8Array[],
  maxAttachments: number,
): unknown {
  if (attachments.length === maxAttachments) {
    throw new RangeError(`Cannot encode: more than ${maxAttachments} attachments (option maxAttachments)`);
  }
  return { _placeholder: true, num: attachments.push(toUint8Array(bytes)) - 1 };
}

function toUint8Array(bytes: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Plain assignment to `__proto__` would set the prototype. */
function define(target: Container, name: string, value: unknown): void {
  if (name !== "__proto__") target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Its bytes cannot be read synchronously. `File` is a `Blob`. */
function refuseBlob(value: object): void {
  if (typeof Blob !== "undefined" && value instanceof Blob) {
    throw new TypeError("Cannot encode a Blob: send `await blob.arrayBuffer()` instead");
  }
}

function tooDeep(): RangeError {
  return new RangeError("Cannot encode: nested too deep, or circular (option maxDepth)");
}
