import type { Handlers } from "../observations.ts";
import type { Simulation } from "../simulation.ts";

/** What an invariant may look at, and how it says that it does not hold. */
export interface Watch {
  readonly simulation: Simulation;
  /** Whether this connection's client keeps to the protocol. */
  isGood(sid: string): boolean;
  /** Whether it also waits for its open requests before it says that it has upgraded: only then can it know the order of what arrives. */
  waits(sid: string): boolean;
  fail(id: string, message: string): void;
}

/** Something that always holds. Each one is made anew for each run. */
export interface Invariant {
  readonly on?: Handlers;
  /** After each turn of the server. */
  turnEnded?(): void;
  /** The faults are over, time has passed, and everybody has said something. */
  settled?(): void;
  /** After that, the server has gone in good order and come back. */
  restarted?(): void;
  /** All clients have left, and time has passed. */
  emptied?(): void;
}

export type InvariantMaker = (watch: Watch) => Invariant;
