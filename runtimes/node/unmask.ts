/** Unmasking of what clients send: RFC 6455, section 5.3. */
import { createRequire } from "node:module";

const MASK_LENGTH = 4;

/** Bytes from which a payload is unmasked as a whole. */
const LONG = 256;

/** As if a byte beyond ASCII had been seen. */
const NOT_KNOWN = 0x80;

/** Unmasks all of `bytes` in place with the four of `mask`. */
type Unmask = (bytes: Buffer, mask: Buffer) => void;

/**
 * That of the package `bufferutil`, where the app has it: long payloads in a third of the time.
 *
 * `ws` takes it too, and the variable with which it is told not to is the same.
 */
export const nativeUnmask: Unmask | undefined = process.env["WS_NO_BUFFER_UTIL"] ? undefined : loadNative();

const unmaskLong = nativeUnmask ?? unmaskWords;

/**
 * Unmasks a payload in place; its mask stands before it.
 *
 * Returns all bits that are set in any of its bytes; of a long payload it does not know.
 */
export function unmask(bytes: Buffer, start: number, end: number): number {
  const mask = start - MASK_LENGTH;
  if (end - start >= LONG) {
    unmaskLong(bytes.subarray(start, end), bytes.subarray(mask, start));
    return NOT_KNOWN;
  }
  let seen = 0;
  for (let at = start; at < end; at++) seen |= bytes[at]! ^= bytes[mask + ((at - start) & 3)]!;
  return seen;
}

/** {@link Unmask} for eight bytes or more, in words of eight. */
export function unmaskWords(bytes: Buffer, mask: Buffer): void {
  const first = -bytes.byteOffset & 7;
  const count = (bytes.length - first) >> 3;
  // The mask as it falls on a word.
  const turned = Buffer.allocUnsafeSlow(8);
  for (let at = 0; at < 8; at++) turned[at] = mask[(first + at) & 3]!;
  unmaskEach(new BigInt64Array(bytes.buffer, bytes.byteOffset + first, count), new BigInt64Array(turned.buffer)[0]!);
  for (let at = 0; at < first; at++) bytes[at]! ^= mask[at & 3]!;
  for (let at = first + 8 * count; at < bytes.length; at++) bytes[at]! ^= mask[at & 3]!;
}

function unmaskEach(words: BigInt64Array, word: bigint): void {
  let at = 0;
  // Four in a round, which V8 does not do by itself: a third less time.
  for (; at + 4 <= words.length; at += 4) {
    words[at]! ^= word;
    words[at + 1]! ^= word;
    words[at + 2]! ^= word;
    words[at + 3]! ^= word;
  }
  for (; at < words.length; at++) words[at]! ^= word;
}

function loadNative(): Unmask | undefined {
  try {
    return (createRequire(import.meta.url)("bufferutil") as { readonly unmask: Unmask }).unmask;
  } catch {
    return undefined;
  }
}
