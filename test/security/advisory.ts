/** One test for one published vulnerability of another server of this protocol. */
import { test } from "vitest";
import { replay } from "../catalogue/row.ts";
import type { Options, TestServer } from "../catalogue/server.ts";

/** Plays the attack against a server on Node; afterwards nobody else may have noticed, and nothing may have escaped. */
export function advisory(id: string, sentence: string, options: Options, attack: (server: TestServer) => Promise<void>): void {
  test(`${id}: ${sentence}`, () => replay(options, attack));
}

/** Milliseconds of CPU that something takes in this process, which the server is in: what else the machine does counts for nothing. */
export async function cpuTimeOf(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Far more than linear work on a megabyte takes on a slow machine; far less than quadratic work does. */
export const SOON_MS = 2_000;
