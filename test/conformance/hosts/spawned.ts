/** Hosts that are programs: one child process per server. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Orders, Running } from "../host.ts";

export const ROOT = join(import.meta.dirname, "../../..");

/** Starts a program, which gets its orders as JSON in its last argument, prints `{"port": …}` when it listens, and ends when its input does. */
export async function startProgram(command: readonly [string, ...string[]], orders: Orders): Promise<Running> {
  const [file, ...args] = command;
  const child = spawn(file, [...args, JSON.stringify(orders)], { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const exit = once(child, "exit") as Promise<[number | null, string | null]>;
  const lines = createInterface({ input: child.stdout });
  const [line] = (await Promise.race([once(lines, "line"), exit.then(([code]) => [`exit code ${code}`])])) as [string];
  assert.match(line, /^\{"port":\d+\}$/, `${file} did not start: ${line}`);
  lines.on("line", (printed) => console.log(printed));
  const { port } = JSON.parse(line) as { port: number };
  return {
    url: `${orders.certificate ? "https" : "http"}://127.0.0.1:${port}`,
    async stop() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
      assert.deepEqual(await exit, [0, null], "the program ends by itself when its input does");
      clearTimeout(timer);
    },
  };
}
