/** RFC 4648 §4: the standard alphabet, padded, nothing else. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PAD = 0x3d;

/** Character code of each 6-bit value. */
const CODES = Uint8Array.from(ALPHABET, (character) => character.charCodeAt(0));
/** 6-bit value of each ASCII code; -1 where there is none. */
const VALUES = new Int8Array(128).fill(-1);
CODES.forEach((code, value) => {
  VALUES[code] = value;
});

const ascii = new TextDecoder();

/** Writes bytes as base64. */
export function encodeBase64(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3);
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let to = 0;
  for (let at = 0; at < whole; at += 3) {
    const bits = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out[to++] = CODES[bits >> 18]!;
    out[to++] = CODES[(bits >> 12) & 63]!;
    out[to++] = CODES[(bits >> 6) & 63]!;
    out[to++] = CODES[bits & 63]!;
  }
  if (whole < bytes.length) writeTail(out, to, bytes[whole]!, bytes[whole + 1]);
  return ascii.decode(out);
}

/**
 * Reads base64 from index `from` to the end of `text`.
 *
 * Returns `undefined` for anything but the one canonical form: white space, a missing pad or stray bits are errors.
 */
export function decodeBase64(text: string, from = 0): Uint8Array | undefined {
  const length = text.length - from;
  if (length % 4 !== 0) return undefined;
  if (length === 0) return new Uint8Array(0);
  const pads = countPads(text);
  const out = new Uint8Array((length / 4) * 3 - pads);
  const end = text.length - (pads > 0 ? 4 : 0);
  let to = 0;
  for (let at = from; at < end; at += 4) {
    const bits = quadAt(text, at);
    if (bits < 0) return undefined;
    out[to++] = bits >> 16;
    out[to++] = bits >> 8;
    out[to++] = bits;
  }
  return pads === 0 || readTail(out, to, text, pads) ? out : undefined;
}

function writeTail(out: Uint8Array, to: number, first: number, second: number | undefined): void {
  const bits = (first << 16) | ((second ?? 0) << 8);
  out[to] = CODES[bits >> 18]!;
  out[to + 1] = CODES[(bits >> 12) & 63]!;
  out[to + 2] = second === undefined ? PAD : CODES[(bits >> 6) & 63]!;
  out[to + 3] = PAD;
}

function countPads(text: string): 0 | 1 | 2 {
  if (text.charCodeAt(text.length - 1) !== PAD) return 0;
  return text.charCodeAt(text.length - 2) === PAD ? 2 : 1;
}

/** Reads the last four characters, of which `pads` are padding; false when they are not canonical. */
function readTail(out: Uint8Array, to: number, text: string, pads: 1 | 2): boolean {
  const at = text.length - 4;
  const third = pads === 2 ? 0 : valueAt(text, at + 2);
  const bits = (valueAt(text, at) << 18) | (valueAt(text, at + 1) << 12) | (third << 6);
  const unused = pads === 2 ? 0xffff : 0xff;
  if (bits < 0 || (bits & unused) !== 0) return false;
  out[to] = bits >> 16;
  if (pads === 1) out[to + 1] = bits >> 8;
  return true;
}

/** Four characters as 24 bits, negative when one of them is not in the alphabet. */
function quadAt(text: string, at: number): number {
  return (
    (valueAt(text, at) << 18) | (valueAt(text, at + 1) << 12) | (valueAt(text, at + 2) << 6) | valueAt(text, at + 3)
  );
}

function valueAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < 128 ? VALUES[code]! : -1;
}
