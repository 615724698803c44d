/** Programs in TypeScript for Node, which runs none. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { ROOT } from "../program.ts";

export interface Program {
  /** Its first line, which is JSON. */
  readonly announced: unknown;
  /** Ends its input, and waits for its end. */
  stop(): Promise<void>;
}

/** Bundles a program without the packages it uses; gives the file. */
export async function bundle(program: string): Promise<string> {
  const outfile = join(ROOT, ".cache/adapters", basename(program).replace(/\.ts$/, ".mjs"));
  await build({ entryPoints: [program], outfile, bundle: true, format: "esm", platform: "node", packages: "external", logLevel: "error" });
  return outfile;
}

/** Starts a program that prints a line of JSON when it is ready, and ends when its input does. */
export async function startProgram(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const child = spawn(file, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit") as Promise<[code: number | null, signal: string | null]>;
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, "line"), exit.then((how) => [`It ended: ${how.join()}`])])) as [string];
  if (!line.startsWith("{")) throw new Error(`${file} ${args.join(" ")} did not start. ${line}`);
  return { announced: JSON.parse(line) as unknown, stop: () => end(child, exit) };
}

async function end(child: ChildProcess, exit: Promise<[number | null, string | null]>): Promise<void> {
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const [code, signal] = await exit;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${child.spawnfile} ended with ${code ?? signal} instead of by itself`);
}
