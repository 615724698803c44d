import type { Limits } from "../../src/index.ts";

/** Bun has no limit for its heap: all connections together may hold a quarter of the memory that the process may use. */
export function bunLimits(): Partial<Limits> {
  return { maxTotalBufferedBytes: process.constrainedMemory() / 4 };
}
