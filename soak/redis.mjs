/** A Redis in a process of its own, which keeps nothing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { createInterface } from "node:readline";

export class Redis {
  #port;
  #child;

  /** On a port that is free now, and stays the same. */
  static async start() {
    const redis = new Redis();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    redis.#port = server.address().port;
    await once(server.close(), "close");
    await redis.start();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.#port}`;
  }

  async start() {
    const args = ["--port", this.#port, "--bind", "127.0.0.1", "--dir", tmpdir(), "--save", "", "--appendonly", "no"];
    const child = (this.#child = spawn("redis-server", args.map(String), { stdio: ["ignore", "pipe", "inherit"] }));
    const kill = () => child.kill("SIGKILL");
    process.once("exit", kill);
    child.once("exit", () => process.off("exit", kill));
    for await (const line of createInterface(child.stdout)) {
      if (line.includes("Ready to accept connections")) break;
    }
    child.stdout.resume();
  }

  kill(signal) {
    this.#child.kill(signal);
  }

  async stop() {
    const exited = once(this.#child, "exit");
    this.kill("SIGKILL");
    await exited;
  }
}
