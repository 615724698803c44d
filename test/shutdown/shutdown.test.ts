/** A process that is told to end while it is busy: nothing that it has said is lost (G40). */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Socket, io as connect } from "socket.io-client";
import { describe, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, "node_modules/.bin");

const programs: Readonly<Record<string, readonly [string, ...string[]]>> = {
  node: [process.execPath, join(import.meta.dirname, "node.mjs")],
  deno: [join(BIN, "deno"), "run", "--quiet", "--allow-net", join(import.meta.dirname, "deno.mjs")],
  bun: [join(BIN, "bun"), join(import.meta.dirname, "bun.mjs")],
};

const CLIENTS = 20;

/** What one client heard. */
interface Hearing {
  readonly socket: Socket;
  readonly numbers: number[];
  last: number | undefined;
  reason: string | undefined;
}

describe("SIGTERM under load", () => {
  for (const [runtime, command] of Object.entries(programs)) {
    test(`${runtime}: all that was emitted before arrives, clients would come back, the exit code is 0`, async () => {
      const { url, pid, child } = await start(command);
      const exit = once(child, "exit");
      const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, n) => listen(url, n % 2 === 0 ? "polling" : "websocket")));
      await until(() => clients.every(({ numbers }) => numbers.length > 500));
      process.kill(pid, "SIGTERM");
      assert.deepEqual(await exit, [0, null]);
      await until(() => clients.every(({ reason }) => reason !== undefined));
      for (const { numbers, last, reason } of clients) {
        assert.ok(last !== undefined, "the last words arrived");
        assert.deepEqual(numbers, Array.from({ length: last - numbers[0]! }, (_, n) => numbers[0]! + n));
        // Not "io server disconnect", after which the official client stays away.
        assert.ok(reason === "transport close" || reason === "transport error", reason);
      }
    });
  }
});

async function start([file, ...args]: readonly [string, ...string[]]): Promise<{ url: string; pid: number; child: ChildProcess }> {
  const child = spawn(file, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  // The process that was started may only be a wrapper of the program.
  const { port, pid } = JSON.parse(line) as { port: number; pid: number };
  return { url: `http://127.0.0.1:${port}`, pid, child };
}

async function listen(url: string, transport: string): Promise<Hearing> {
  const socket = connect(url, { transports: [transport], forceNew: true, reconnection: false });
  const hearing: Hearing = { socket, numbers: [], last: undefined, reason: undefined };
  onTestFinished(() => void socket.close());
  socket.on("number", (number: number) => hearing.numbers.push(number));
  socket.on("last", (count: number) => (hearing.last = count));
  socket.on("disconnect", (reason) => (hearing.reason = reason));
  await new Promise<void>((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
  return hearing;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}
