/** The conformance suite: the same scenarios against every host. */
import { afterAll, describe, onTestFinished, test } from "vitest";
import type { Profile } from "./app.ts";
import { type Cast, type Manner, type Run, runsOf } from "./feature.ts";
import { features } from "./features.ts";
import type { Host, Running } from "./host.ts";
import { admitting, latest } from "./libraries.ts";
import { Stage } from "./stage.ts";

/** Defines a test for each scenario of each feature that `host` has, on each way, and prints how many passed. */
export function defineConformance(host: Host, manner: Manner = "awake"): void {
  // G43: what a runtime cannot do is a capability with a reason, never an exception by name.
  const title = manner === "awake" ? host.name : `${host.name}, ${manner}`;
  play(title, { host, library: latest, manner }, (runs) => runs);
}

/** The same of those runs that `choose` takes from each feature, with any client. */
export function play(title: string, cast: Cast, choose: (runs: readonly Run[]) => readonly Run[]): void {
  const servers = new Servers(cast);
  let open = 0;
  let passed = 0;
  for (const feature of features) {
    const runs = choose(runsOf(cast, feature));
    open += runs.length;
    describe.runIf(runs.length > 0)(`${title}: ${feature.name}`, () => {
      for (const { way, name, scenario } of runs) {
        test(`${way}: ${name}`, async () => {
          const stage = new Stage(cast, way, await servers.get(feature.profile ?? "plain"));
          onTestFinished(() => stage.end());
          await scenario(stage);
          open -= 1;
          passed += 1;
        });
      }
    });
  }
  afterAll(async () => {
    const faults = await servers.stop();
    console.log(`conformance on ${title}: ${passed} passed, ${open + faults.length} failed`);
    if (faults.length > 0) throw new AggregateError(faults, "servers did not end well");
  });
}

/** Milliseconds in which no ping comes through, at most: on a busy machine an eviction takes two or three seconds. */
const EVICTION_TIME = 4_000;

/** One server for each profile, started when it is first asked for. */
class Servers {
  readonly #cast: Cast;
  readonly #running = new Map<Profile, Promise<Running>>();

  constructor(cast: Cast) {
    this.#cast = cast;
  }

  get(profile: Profile): Promise<Running> {
    const running = this.#running.get(profile) ?? this.#start(profile);
    this.#running.set(profile, running);
    return running;
  }

  #start(profile: Profile): Promise<Running> {
    const { host, library, manner } = this.#cast;
    const isSlow = manner !== "awake" && profile === "brisk";
    return host.start({ profile, ...admitting(library), ...(isSlow && { pingTimeout: EVICTION_TIME }) });
  }

  /** Gives back what went wrong. */
  async stop(): Promise<unknown[]> {
    const ends = [...this.#running.values()].map(async (running) => (await running).stop());
    const results = await Promise.allSettled(ends);
    return results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  }
}
