import { getHeapStatistics } from "node:v8";
import type { Limits } from "../../src/index.ts";

/** All connections together may hold a quarter of the heap's limit. */
export function nodeLimits(): Partial<Limits> {
  return { maxTotalBufferedBytes: getHeapStatistics().heap_size_limit / 4 };
}
