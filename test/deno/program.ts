/** Server programs of other runtimes, started as their users start them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

export interface Program {
  readonly url: string;
  /** Ends its input. It then closes the server and, with nothing left to do, ends by itself. Gives what it printed as errors. */
  stop(): Promise<string>;
}

/** Starts one of the binaries in `node_modules/.bin` on a program that prints `{"port": …}` when it listens. */
export async function start(binary: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const file = join(ROOT, "node_modules/.bin", binary);
  const child = spawn(file, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  const errors = text(child.stderr);
  const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), exit.then(() => [""])])) as [string];
  // Also as Bun says it by itself.
  const port = /(?:"port"|localhost):(\d+)\}?$/.exec(line)?.[1];
  assert.ok(port, `${binary} ${args.join(" ")} did not start: ${line === "" ? await errors : line}`);
  let stopping: Promise<string> | undefined;
  const stop = async (): Promise<string> => {
    child.stdin.end();
    assert.deepEqual(await exit, [0, null], await errors);
    await assertFree(Number(port));
    return errors;
  };
  return { url: `http://127.0.0.1:${port}`, stop: () => (stopping ??= stop()) };
}

/** Starts a program that ends with the test. */
export async function startForTest(binary: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Program> {
  const program = await start(binary, args, env);
  onTestFinished(async () => void (await program.stop()));
  return program;
}

async function assertFree(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  server.close();
}
