import type { RecoveryStore } from "./recovery-store.ts";

/** What recovery needs of the server. Times are milliseconds of the host's clock, unless named otherwise. */
export interface RecoveryTerms {
  readonly maxDisconnectionDuration: number;
  readonly maxRecoveryPackets: number;
  readonly maxRecoveryBytes: number;
  readonly maxRecoverySessions: number;
  readonly store: RecoveryStore | undefined;
  /** Whether the store is left to nobody else when the server closes: the process goes on, and may be gone at any time. */
  readonly sleeps: boolean;
  /** Whether sockets of the process before may still go on, their clients being there. */
  readonly isWaking: boolean;
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wallClock(): number;
  /** A text that no server before had. */
  newEpoch(): string;
  /** Has the adapter's `prune` called at `due`, in place of what was asked for before; `Infinity`: not at all. */
  wakeAt(due: number): void;
  /** A socket that was lost cannot come back any more. */
  sessionGone(): void;
  /** More was wanted than the limit allows. */
  limitHit(name: string): void;
  storeFailed(error: unknown): void;
}
