/** Small limits, so that attacks reach them soon. */
export const LIMITS = { maxBufferedBytes: 50_000, maxReassemblyBytes: 50_000, maxQueuedBytes: 50_000, maxPendingAcks: 50 } as const;

export const MAX_HTTP_BUFFER_SIZE = 10_000;

/** Connections for each attack. */
export const ATTACKERS = 40;
