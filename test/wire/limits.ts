import type { CodecLimits } from "../../src/wire/codec.ts";

/** The defaults of the server's limits. */
export const LIMITS: CodecLimits = {
  maxArguments: 1024,
  maxDepth: 256,
  maxAttachments: 10,
  maxReassemblyBytes: 10_000_000,
  maxAckIdDigits: 16,
  maxNamespaceLength: 256,
};
