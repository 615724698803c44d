import type { RecoveryStore } from "../adapter/recovery-store.ts";
import type { Host } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import { Arrivals } from "./arrivals.ts";
import type { NamespaceParts } from "./parts.ts";
import type { Recovery } from "./recovery.ts";

/** What the namespaces of a server share for recovery. */
export function recoveryParts(
  { sleeps = false }: Host,
  schedule: Schedule,
  recoveryStore: RecoveryStore | undefined,
): Pick<NamespaceParts, "arrivals" | "waking" | "recoveries" | "recoveryStore"> {
  const recoveries = schedule.queue<Recovery>((recovery) => recovery.tick());
  return { arrivals: new Arrivals(), waking: { isOver: !sleeps }, recoveries, recoveryStore };
}
