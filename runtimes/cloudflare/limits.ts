import type { Limits } from "../../src/index.ts";

/** 128 MB are shared by every object of an isolate. */
export function cloudflareLimits(): Partial<Limits> {
  return { highWaterMark: 262_144, maxBufferedBytes: 1_048_576, maxTotalBufferedBytes: 33_554_432 };
}
