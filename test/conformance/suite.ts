/** The conformance suite: the same scenarios against every host. */
import { afterAll, describe, onTestFinished, test } from "vitest";
import type { Profile } from "./app.ts";
import { type Manner, waysOf } from "./feature.ts";
import { features } from "./features.ts";
import type { Host, Running } from "./host.ts";
import { Stage } from "./stage.ts";

/** Defines a test for each scenario of each feature that `host` has, on each way, and prints how many passed. */
export function defineConformance(host: Host, manner: Manner = "awake"): void {
  // G43: what a runtime cannot do is a capability with a reason, never an exception by name.
  const title = manner === "awake" ? host.name : `${host.name}, ${manner}`;
  const servers = new Servers(host);
  let open = 0;
  let passed = 0;
  for (const feature of features) {
    const { profile = "plain", scenarios } = feature;
    const runs = waysOf(host, feature, manner).flatMap((way) => Object.entries(scenarios).map(([name, run]) => ({ way, name, run })));
    open += runs.length;
    describe.runIf(runs.length > 0)(`${title}: ${feature.name}`, () => {
      for (const { way, name, run } of runs) {
        test(`${way}: ${name}`, async () => {
          const stage = new Stage(host, way, await servers.get(profile), manner !== "awake");
          onTestFinished(() => stage.end());
          await run(stage);
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

/** One server for each profile, started when it is first asked for. */
class Servers {
  readonly #host: Host;
  readonly #running = new Map<Profile, Promise<Running>>();

  constructor(host: Host) {
    this.#host = host;
  }

  get(profile: Profile): Promise<Running> {
    const running = this.#running.get(profile) ?? this.#host.start(profile);
    this.#running.set(profile, running);
    return running;
  }

  /** Gives back what went wrong. */
  async stop(): Promise<unknown[]> {
    const ends = [...this.#running.values()].map(async (running) => (await running).stop());
    const results = await Promise.allSettled(ends);
    return results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  }
}
