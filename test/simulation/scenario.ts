import type { DrainOptions, ServerOptions } from "../../src/index.ts";
import type { Act } from "./acts.ts";
import type { EngineManners } from "./clients/engine-client.ts";
import type { HostileInput } from "./clients/grammar.ts";
import type { Auth, Message } from "./clients/client.ts";
import type { Cut, Direction, LineQuality } from "./network/line.ts";

/** Everything that a run depends on, as plain JSON. */
export interface Scenario {
  /** Of the streams that are not written out: latencies, ids, waits. */
  readonly seed: number;
  readonly options: SimulatedOptions;
  readonly platform: { readonly opensLater: boolean; readonly sharesFrames: boolean; readonly sleeps: boolean };
  /** Kinds of faults that may happen. */
  readonly faults: readonly FaultKind[];
  readonly clients: readonly ClientPlan[];
  /** Milliseconds before the first step. */
  readonly warmUp: number;
  readonly steps: readonly Step[];
  /** How the server goes and comes back once all is quiet; absent where it stays. */
  readonly restart?: DrainOptions;
  /** Whether listeners return where they would throw or reject. */
  readonly calm?: true;
}

export type SimulatedOptions = Pick<
  ServerOptions,
  "pingInterval" | "pingTimeout" | "upgradeTimeout" | "connectTimeout" | "maxHttpBufferSize" | "cleanupEmptyChildNamespaces" | "handlerErrors" | "connectionStateRecovery" | "slowConsumer" | "allowEIO3" | "limits"
>;

export interface ClientPlan {
  readonly manners: EngineManners;
  readonly hostile: boolean;
  /** Is the released client, not a model of it. @default false */
  readonly released?: boolean;
  readonly quality: LineQuality;
  readonly wants: readonly string[];
  /** Messages that it sends as soon as it has joined a namespace. */
  readonly greetings: number;
  readonly retriesPosts: boolean;
  readonly stripsUpgrades: boolean;
  /** Milliseconds; `null` for never. */
  readonly idleCut: number | null;
}

export const faultKinds = [
  "reset",
  "finish",
  "vanish",
  "stall",
  "pause",
  "busy server",
  "clock jump",
  "late alarm",
  "double alarm",
  "restart",
  "eviction",
  "close server",
  "repeated POST",
  "stripped upgrade",
  "idle cut",
  "slow line",
  "sloppy client",
  "hostile client",
  "odd middleware",
  "odd farewell",
  "odd answers",
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Something that happens `after` milliseconds. `client` and `choice` are taken modulo what there is. */
export type Step = { readonly after: number } & (
  | { readonly do: "say"; readonly client: number; readonly message: Message }
  | { readonly do: "app"; readonly act: Act; readonly choice: number }
  | { readonly do: "join" | "leave namespace"; readonly client: number; readonly nsp: string }
  | { readonly do: "come" | "go" | "heal"; readonly client: number }
  | { readonly do: "auth"; readonly client: number; readonly auth: Auth }
  | { readonly do: "answers"; readonly client: number; readonly answers: "now" | "later" | "twice" | "never" }
  | { readonly do: "cut"; readonly client: number; readonly cut: Cut; readonly which?: number }
  | { readonly do: "stall"; readonly client: number; readonly direction: Direction }
  | { readonly do: "pause" | "clock jump"; readonly ms: number }
  | { readonly do: "restart" | "evict" }
  | { readonly do: "close server"; readonly drain?: DrainOptions }
  | { readonly do: "attack"; readonly client: number; readonly input: HostileInput }
);
