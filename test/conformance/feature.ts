/** A row of the table: something that works in the same way on every host, or says why not. */
import type { Profile } from "./app.ts";
import type { Capability } from "./capabilities.ts";
import type { Host } from "./host.ts";
import type { Stage } from "./stage.ts";

/** How a client travels: on one transport, or from the first to the second. */
export type Way = "polling" | "websocket" | "upgrade";

export interface Feature {
  readonly name: string;
  /** @default polling and websocket */
  readonly ways?: readonly Way[];
  readonly needs?: readonly Capability[];
  /** @default "plain" */
  readonly profile?: Profile;
  /** What the table says of a host that has it. @default a tick */
  readonly cell?: (host: Host) => string;
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

export type Scenario = (stage: Stage) => Promise<void>;

/** Whether the server loses its memory between every two steps. */
export type Manner = "awake" | "evicted between steps";

/** The first thing that `host` lacks for `feature`, if there is one. */
export function missing(host: Host, feature: Feature, manner: Manner): Capability | undefined {
  const { needs = [] } = feature;
  const lacking = needs.find((capability) => host.lacks[capability] !== undefined);
  if (lacking !== undefined) return lacking;
  return possibleWays(feature, manner).length === 0 ? "sleeps while polling" : undefined;
}

/** The ways on which `host` has the feature. */
export function waysOf(host: Host, feature: Feature, manner: Manner): readonly Way[] {
  return missing(host, feature, manner) === undefined ? possibleWays(feature, manner) : [];
}

function possibleWays({ ways = ["polling", "websocket"] }: Feature, manner: Manner): readonly Way[] {
  return manner === "awake" ? ways : ways.filter((way) => way === "websocket");
}
