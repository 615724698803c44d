import type { Host } from "../platform.ts";

/** The URL-safe alphabet as character codes. */
const CODES = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", (character) => character.charCodeAt(0));

/** 20 characters of the URL-safe alphabet from 15 random bytes. */
export function randomId(host: Host): string {
  const bytes = host.random(15);
  const codes: number[] = [];
  for (let i = 0; i < 15; i += 3) {
    const word = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    codes.push(CODES[word >> 18]!, CODES[(word >> 12) & 63]!, CODES[(word >> 6) & 63]!, CODES[word & 63]!);
  }
  // In one piece: what is put together bit by bit is copied again wherever it is looked up.
  return String.fromCharCode(...codes);
}
