import type { Limits } from "../../src/index.ts";
import { invariants } from "./invariants/all.ts";
import type { Invariant, InvariantMaker } from "./invariants/invariant.ts";
import type { Handlers, Observations } from "./observations.ts";
import type { Scenario, SimulatedOptions } from "./scenario.ts";
import { Simulation } from "./simulation.ts";
import { Trace } from "./trace.ts";
import { inTurn } from "./turn.ts";

/** An invariant that did not hold. */
export interface Violation {
  /** Of the list in the README. */
  readonly id: string;
  readonly message: string;
  /** Virtual milliseconds since the start. */
  readonly time: number;
}

export interface Outcome {
  readonly violation: Violation | undefined;
  /** Of all that was seen: the same for the same scenario. `""` where there is no trace. */
  readonly hash: string;
  readonly happened: number;
  /** What was seen, where that was asked for. */
  readonly lines: readonly string[];
}

export interface RunOptions {
  /** Keeps a hash of all that is seen, or that and lines for people. @default nothing, which is faster */
  readonly trace?: "hash" | "lines";
  /** Looks on, beside the invariants. */
  readonly watch?: InvariantMaker;
}

/** Lets a scenario happen, up to the first violation. */
export function run(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  return inTurn(() => runInTurn(scenario, options));
}

function runInTurn(scenario: Scenario, options: RunOptions): Outcome {
  const trace = options.trace === undefined ? undefined : new Trace(options.trace === "lines");
  const opened = new Map<string, Observations["clientOpened"]>();
  let violation: Violation | undefined;
  let checks: Invariant[] = [];
  let afterTurns: (() => void)[] = [];
  const listeners: Listeners = { clientOpened: [(what: Observations["clientOpened"]) => void opened.set(what.sid, what)] };
  const simulation = new Simulation(scenario, (made) => {
    const fail = (id: string, message: string): void => {
      violation ??= { id, message, time: made.now };
    };
    const isGood = (sid: string): boolean => opened.get(sid)?.good === true;
    const waits = (sid: string): boolean => opened.get(sid)?.waits === true;
    checks = [...invariants, ...(options.watch === undefined ? [] : [options.watch])].map((make) => make({ simulation: made, isGood, waits, fail }));
    for (const { on } of checks) addListeners(listeners, on ?? {});
    afterTurns = checks.flatMap(({ turnEnded }) => turnEnded ?? []);
    return {
      saw: (kind, what) => {
        trace?.note(made.now, kind, what);
        const interested = listeners[kind];
        if (interested !== undefined) for (const hear of interested) hear(what as never);
      },
      turnEnded: () => {
        for (const check of afterTurns) check();
      },
    };
  });
  const rejected = (error: unknown): void => simulation.threw(error);
  process.on("unhandledRejection", rejected);
  try {
    live(simulation, () => violation !== undefined, () => checks);
  } finally {
    process.off("unhandledRejection", rejected);
  }
  if (violation !== undefined) trace?.lines.push(`${String(violation.time).padStart(8)}  ${violation.id}: ${violation.message}`);
  return { violation, hash: trace?.hash ?? "", happened: simulation.world.happened, lines: trace?.lines ?? [] };
}

/** Warm-up, faults, healing, quiet, and the end. */
function live(simulation: Simulation, over: () => boolean, checks: () => readonly Invariant[]): void {
  simulation.run(simulation.scenario.warmUp, over);
  simulation.takeSteps(over);
  if (over()) return;
  simulation.heal();
  simulation.run(settlingTime(simulation.scenario), over);
  if (over()) return;
  simulation.talk(over);
  if (over()) return;
  for (const check of checks()) check.settled?.();
  const { restart } = simulation.scenario;
  if (restart !== undefined) {
    simulation.restart(restart, over);
    simulation.run(closingTime(simulation.scenario.options), over);
    if (over()) return;
    for (const check of checks()) check.restarted?.();
  }
  simulation.empty(over);
  if (over()) return;
  for (const check of checks()) check.emptied?.();
}

/** Virtual milliseconds in which everything that a fault led to is over. */
function settlingTime({ options, faults }: Scenario): number {
  const { pingInterval = 0, pingTimeout = 0, upgradeTimeout = 0, connectionStateRecovery: recovery } = options;
  const restart = faults.includes("close server") ? 20_000 : 0;
  // A dynamic namespace counts as long as somebody may come back to it.
  const isTight = (options.limits as Partial<Limits>).maxDynamicNamespaces !== undefined;
  const comeback = isTight ? (recovery?.maxDisconnectionDuration ?? 0) : 0;
  // One that is to end while its client switches waits for that first, and the WebSocket may have vanished.
  const closing = Math.max(closingTime(options), upgradeTimeout);
  return 2 * (pingInterval + pingTimeout) + 4000 + closing + comeback + restart;
}

/** A connection that is closing counts against some limits as long as its client may still fetch the last packets. */
function closingTime({ limits, upgradeTimeout = 0 }: SimulatedOptions): number {
  const { maxUnauthenticated, maxDynamicNamespaces, maxTotalBufferedBytes } = limits as Partial<Limits>;
  const isTight = [maxUnauthenticated, maxDynamicNamespaces, maxTotalBufferedBytes].some((limit) => limit !== undefined);
  // One that ends while its client switches waits for that first.
  return isTight ? 30_000 + upgradeTimeout : 0;
}

type Listeners = { [Kind in keyof Observations]?: ((what: never) => void)[] };

function addListeners(all: Listeners, on: Handlers): void {
  for (const [kind, hear] of Object.entries(on) as [keyof Observations, (what: never) => void][]) (all[kind] ??= []).push(hear);
}
