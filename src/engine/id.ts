import type { Host } from "../platform.ts";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** 20 characters of the URL-safe alphabet from 15 random bytes. */
export function randomId(host: Host): string {
  const bytes = host.random(15);
  let id = "";
  for (let i = 0; i < 15; i += 3) {
    const word = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    id += alphabet[word >> 18]! + alphabet[(word >> 12) & 63]! + alphabet[(word >> 6) & 63]! + alphabet[word & 63]!;
  }
  return id;
}
