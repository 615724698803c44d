/** Servers in processes of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { denoPath } from "../.ci/deno.mjs";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const node = () => [process.execPath, "--expose-gc", "--max-semi-space-size=4", file("servers/node.mjs")];
const bun = () => [file("../node_modules/bun/bin/bun.exe"), file("servers/bun.mjs")];
const cloudflare = () => [process.execPath, file("servers/cloudflare.mjs")];
const deno = () => [denoPath(), "run", "-A", "--no-lock", "--v8-flags=--expose-gc", file("servers/deno.mjs")];

/** By name: the command, and what it needs to know. */
const kinds = {
  node: { command: node },
  bun: { command: bun },
  deno: { command: deno },
  // Would leave workerd behind.
  cloudflare: { command: cloudflare, ends: "SIGTERM" },
  released: { command: node, environment: { SERVER: "socket.io" } },
};

/** How long a server may take to get to where a test waits for it, in milliseconds: far longer than it does. */
const PATIENCE = 20_000;

export const KINDS = Object.keys(kinds);

/** Starts a server of a kind, with the options of its `Server`. */
export async function startServer(kind, options = {}, environment = {}) {
  const { command, environment: own = {}, ends = "SIGKILL" } = kinds[kind];
  const [program, ...args] = command();
  const child = spawn(program, args, {
    env: { ...process.env, NODE_ENV: "production", OPTIONS: JSON.stringify(options), ...own, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => child.kill(ends);
  process.once("exit", stop);
  child.once("exit", () => process.off("exit", stop));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value } = await lines.next();
  return new Server(child, lines, stop, JSON.parse(value));
}

class Server {
  /** Rejects when the program ends though nobody has told it to. */
  failed;
  #isEnding = false;
  #child;
  #stop;
  #lines;
  #exited;
  #control;

  constructor(child, lines, stop, { port, control = port }) {
    this.#child = child;
    this.#stop = stop;
    this.#lines = lines;
    this.#exited = once(child, "exit");
    this.failed = this.#exited.then(([code, signal]) => {
      if (!this.#isEnding) throw new Error(`The server has ended by itself, with ${code ?? signal}`);
    });
    // For whoever does not ask.
    this.failed.catch(() => {});
    this.#control = control;
    this.port = port;
  }

  stats() {
    return this.ask("stats");
  }

  /** What the server answers a command with. */
  async ask(command, values = {}) {
    const headers = { connection: "close" };
    const response = await fetch(`http://127.0.0.1:${this.#control}/soak/${command}?${new URLSearchParams(values)}`, { headers });
    return response.json();
  }

  /** Statistics once garbage is collected. */
  async settled() {
    await this.ask("gc");
    return this.stats();
  }

  /** Asks until `isEnough` says so of an answer, which is returned; the last answer, when that takes too long. */
  async until(isEnough, ask = () => this.settled()) {
    const end = performance.now() + PATIENCE;
    let answer = await ask();
    while (!isEnough(answer) && performance.now() < end) {
      await wait(100);
      answer = await ask();
    }
    return answer;
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  /** Tells the program to end: what it says then, and its exit code. */
  async terminate() {
    this.#isEnding = true;
    this.kill("SIGTERM");
    const { value } = await this.#lines.next();
    const [code] = await this.#exited;
    return { ...JSON.parse(value ?? "{}"), code };
  }

  async stop() {
    this.#isEnding = true;
    this.#stop();
    await this.#exited;
  }
}
