/** Programs of the machine that these tests run. One that is missing is a failure, never a skip. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { Readable } from "node:stream";

export const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs a program that must be there. Throws with the Debian command that installs it. */
export async function requireProgram(name: string, command: readonly [string, ...string[]], packages: string): Promise<void> {
  const [file, ...args] = command;
  await promisify(execFile)(file, args).catch((error: Error) => {
    throw new Error(`${name} is missing or does not start. On Debian: apt-get install ${packages}\n${error.message}`);
  });
}

/** A child process of a test: its first line of output, and its end. */
export interface Running {
  readonly firstLine: string;
  stop(): Promise<void>;
}

/** Starts a Node program and waits for its first line. */
export async function startNode(file: string, environment: NodeJS.ProcessEnv, cwd: string = ROOT): Promise<Running> {
  const child = spawn(process.execPath, [file], { cwd, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
  const firstLine = await firstLineOf(child, child.stdout);
  return { firstLine, stop: () => stop(child) };
}

async function firstLineOf(child: ChildProcess, output: Readable): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    output.resume();
    return line;
  }
  await stop(child);
  throw new Error("The program ended before it printed a line");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const [code, signal] = (await exit) as [number | null, string | null];
  assert.deepEqual([code, signal], [0, null], "the program ends by itself when it is told to");
}
