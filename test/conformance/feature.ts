/** A row of the table: something that works in the same way on every host, or says why not. */
import type { Profile } from "./app.ts";
import type { Capability } from "./capabilities.ts";
import type { Host } from "./host.ts";
import { latest, type Library } from "./libraries.ts";
import type { Stage } from "./stage.ts";

/** How a client travels: on one transport, or from the first to the second. */
export type Way = "polling" | "websocket" | "upgrade";

export const WAYS: readonly Way[] = ["polling", "websocket", "upgrade"];

export interface Feature {
  readonly name: string;
  /** @default polling and websocket; with earlier clients also the upgrade */
  readonly ways?: readonly Way[];
  readonly needs?: readonly Capability[];
  /** @default "plain" */
  readonly profile?: Profile;
  /** What the table says of a host that has it. @default a tick */
  readonly cell?: (host: Host) => string;
  readonly scenarios: Readonly<Record<string, Scenario>>;
}

export interface Scenario {
  (stage: Stage): Promise<void>;
  readonly needs?: readonly Capability[];
}

/** The same scenario, for those who have what it needs. */
export function needing(needs: readonly Capability[], scenario: Scenario): Scenario {
  return Object.assign((stage: Stage) => scenario(stage), { needs });
}

/** A scenario in which what is on the wire is the test's own. */
export function onTheWire(scenario: Scenario): Scenario {
  return needing(["is on its own"], scenario);
}

/** Whether the server loses its memory between every two steps. */
export type Manner = "awake" | "evicted between steps";

/** Who plays a scenario: a server somewhere, and clients. */
export interface Cast {
  readonly host: Host;
  readonly library: Library;
  readonly manner: Manner;
}

/** The first thing that the cast lacks for `feature`, if there is one. */
export function missing(cast: Cast, feature: Feature): Capability | undefined {
  return lacking(cast, feature.needs) ?? (possibleWays(cast, feature).length === 0 ? "sleeps while polling" : undefined);
}

export interface Run {
  readonly feature: Feature;
  readonly way: Way;
  readonly name: string;
  readonly scenario: Scenario;
}

/** All that the cast can play of `feature`. */
export function runsOf(cast: Cast, feature: Feature): Run[] {
  if (missing(cast, feature) !== undefined) return [];
  const scenarios = Object.entries(feature.scenarios).filter(([, { needs }]) => lacking(cast, needs) === undefined);
  return possibleWays(cast, feature).flatMap((way) => scenarios.map(([name, scenario]) => ({ feature, way, name, scenario })));
}

function lacking({ host, library }: Cast, needs: readonly Capability[] = []): Capability | undefined {
  return needs.find((capability) => host.lacks[capability] !== undefined || library.lacks[capability] !== undefined);
}

function possibleWays({ library, manner }: Cast, { ways = library === latest ? ["polling", "websocket"] : WAYS }: Feature): readonly Way[] {
  return manner === "awake" ? ways : ways.filter((way) => way === "websocket");
}
