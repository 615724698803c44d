/** All that is fuzzed, under one shape: inputs are plain JSON, so that a corpus can keep them. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { type Attack, attack } from "./acts.ts";
import { decoders } from "./decoders.ts";
import { play } from "./surface.ts";

export interface Target {
  readonly input: Arbitrary<unknown>;
  /** Throws or rejects when something does not hold. */
  run(input: unknown): void | Promise<void>;
}

/** An input that was interesting once. */
export interface Case {
  readonly target: string;
  readonly input: unknown;
}

export const targets: Readonly<Record<string, Target>> = {
  ...Object.fromEntries(
    Object.entries(decoders).map(([name, { input, check }]) => [name, { input, run: (each: unknown) => check(each as Parameters<typeof check>[0]) }]),
  ),
  surface: { input: attack, run: (each) => play(each as Attack) },
};

const CORPUS = "test/fuzz/corpus";

/** The kept inputs, by the names of their files: each says what was wrong. */
export function corpus(): ReadonlyMap<string, Case> {
  const names = readdirSync(CORPUS).filter((name) => name.endsWith(".json"));
  return new Map(names.map((name) => [name.slice(0, -5).replaceAll("-", " "), JSON.parse(readFileSync(join(CORPUS, name), "utf8")) as Case]));
}

/** Keeps an input under a name that a person should make better. */
export function keep(found: Case): string {
  const file = join(CORPUS, `found-${found.target.replaceAll(" ", "-")}-${Date.now()}.json`);
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  return file;
}

/** Runs one target; resolves to the smallest input that fails, if any does. */
export async function fuzz(name: string, { seed, runs, milliseconds }: Budget): Promise<{ readonly input: unknown; readonly error: unknown } | undefined> {
  const { input, run } = targets[name]!;
  const property = fc.asyncProperty(input, async (each) => run(each));
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    ...(milliseconds !== undefined && { interruptAfterTimeLimit: milliseconds }),
  });
  if (!result.failed || result.counterexample === null) return undefined;
  return { input: result.counterexample[0], error: result.errorInstance };
}

export interface Budget {
  readonly seed: number;
  readonly runs: number;
  readonly milliseconds?: number;
}
