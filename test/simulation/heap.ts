/** What is still on the heap after a run: see I34. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { InvariantMaker } from "./invariants/invariant.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import type { Simulation } from "./simulation.ts";

/** Two are enough, mostly; nothing but what is held outlives these. */
const MOST_ROUNDS = 12;

/** Something that the core has made for a client. */
interface Made {
  readonly kind: string;
  readonly object: WeakRef<object>;
}

/** Lets a scenario happen, and tells what the server still holds after all clients have left, by kind. */
export async function leftOnHeap(scenario: Scenario): Promise<string[]> {
  const made: Made[] = [];
  let last: Simulation | undefined;
  const { violation } = await run(scenario, {
    watch: (watch) => {
      last = watch.simulation;
      return note(made)(watch);
    },
  });
  if (violation !== undefined) return [];
  last!.letGo();
  const collect = garbageCollector();
  let left = made;
  for (let round = 0; round < MOST_ROUNDS && left.length > 0; round++) {
    // What a weak reference has shown is kept until the platform's next turn.
    await setImmediate();
    collect();
    left = left.filter(({ object }) => object.deref() !== undefined);
  }
  // The server itself must be there until here.
  return [...last!.life.io.engine.sessions.keys(), ...left.map(({ kind }) => kind)];
}

function note(made: Made[]): InvariantMaker {
  const add = (kind: string, object: object | undefined): void => {
    if (object !== undefined) made.push({ kind, object: new WeakRef(object) });
  };
  return ({ simulation }) => ({
    on: {
      sessionOpened: ({ session }) => {
        add("Session", session);
        add("Polling", session.polling);
        add("request", session.request);
      },
      joined: ({ socket: id, nsp }) => {
        const { opts, _nsps } = simulation.life.io;
        const namespace = _nsps.get(nsp);
        const socket = namespace?.sockets.get(id);
        add("Socket", socket);
        add("Peer", socket?.client);
        if (nsp.startsWith("/d") && opts.cleanupEmptyChildNamespaces === true) add("Namespace", namespace);
      },
    },
  });
}

function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
