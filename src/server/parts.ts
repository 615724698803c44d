import type { RecoveryStore } from "../adapter/recovery-store.ts";
import type { ResolvedEngineOptions } from "../engine/options.ts";
import type { Session } from "../engine/session.ts";
import type { Logs } from "../log.ts";
import type { Host } from "../platform.ts";
import type { DeadlineQueue, Schedule } from "../schedule.ts";
import type { Codec } from "../wire/codec.ts";
import type { Arrivals } from "./arrivals.ts";
import type { Faults } from "./faults.ts";
import type { Counters } from "./metrics.ts";
import type { ResolvedServerOptions } from "./options.ts";
import type { Recovery } from "./recovery.ts";

/** What every part of one server shares. */
export interface NamespaceParts {
  readonly host: Host;
  readonly schedule: Schedule;
  readonly logs: Logs;
  readonly faults: Faults;
  readonly counters: Counters;
  readonly codec: Codec;
  /** In force now: `attach` may still change them. */
  readonly options: ResolvedServerOptions;
  readonly engineOptions: ResolvedEngineOptions;
  readonly arrivals: Arrivals;
  /** Whether all connections of the process before have gone on that could. */
  readonly waking: { isOver: boolean };
  /** When each namespace next forgets what nobody can come back for. */
  readonly recoveries: DeadlineQueue<Recovery>;
  /** Where recovery keeps things, unless the app says otherwise. */
  readonly recoveryStore: RecoveryStore | undefined;
  /** Hears of every connection that a snapshot would now tell something new of; absent where nobody takes any. */
  readonly changed?: ((session: Session) => void) | undefined;
}
