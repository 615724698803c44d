/** One test for one published vulnerability of another server of this protocol. */
import { test } from "vitest";
import { replay } from "../catalogue/row.ts";
import type { Options, TestServer } from "../catalogue/server.ts";

/** Plays the attack against a server on Node; afterwards nobody else may have noticed, and nothing may have escaped. */
export function advisory(id: string, sentence: string, options: Options, attack: (server: TestServer) => Promise<void>): void {
  test(`${id}: ${sentence}`, () => replay(options, attack));
}

/** Milliseconds that something takes. */
export async function durationOf(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await act();
  return performance.now() - startedAt;
}

/** Far more than linear work on a megabyte takes on a busy machine; far less than quadratic work does. */
export const SOON_MS = 2_000;
