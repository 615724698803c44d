/** The servers that are compared: ours, and the released one of each runtime. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { denoPath } from "../.ci/deno.mjs";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = [process.execPath, "--expose-gc", file("servers/node.mjs")];
const bun = file("../node_modules/bun/bin/bun.exe");
const deno = [denoPath(), "run", "-A", "--no-lock", "--v8-flags=--expose-gc"];

/** By runtime: the command of ours, and that of the released server. */
export const runtimes = {
  node: { ours: { command: node }, released: { command: node, env: { SERVER: "socket.io" } } },
  bun: { ours: { command: [bun, file("servers/bun.mjs")] }, released: { command: [bun, file("servers/bun-engine.mjs")] } },
  deno: {
    ours: { command: [...deno, file("servers/deno.mjs")] },
    released: { command: [...deno, file("servers/node.mjs")], env: { SERVER: "socket.io" } },
  },
};

/** Starts a server in a process of its own. */
export async function start({ command: [program, ...args], env = {} }) {
  const child = spawn(program, args, {
    env: { ...process.env, NODE_ENV: "production", PORT: "0", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  // None outlives the comparison.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  const [line] = await once(createInterface(child.stdout), "line");
  return new RunningServer(child, JSON.parse(line).port);
}

class RunningServer {
  #child;

  constructor(child, port) {
    this.#child = child;
    this.port = port;
  }

  /** Microseconds of CPU time, system time included, and bytes of memory. */
  async stats() {
    const { rss, cpuUserMicros, cpuSysMicros } = await (await fetch(`http://127.0.0.1:${this.port}/stats`)).json();
    return { rss, cpu: cpuUserMicros + cpuSysMicros };
  }

  async collectGarbage() {
    await fetch(`http://127.0.0.1:${this.port}/gc`);
  }

  async stop() {
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}
