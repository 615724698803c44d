/** Redis and PostgreSQL of the machine, each on a port and in a folder of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { requireProgram } from "../program.ts";

export interface Broker {
  readonly port: number;
  readonly url: string;
  /** Ends the program; nothing listens on its port then. */
  stop(): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Ends it for good. */
  remove(): Promise<void>;
}

type Command = readonly [file: string, args: readonly string[], as?: User | undefined];

interface User {
  readonly uid: number;
  readonly gid: number;
}

const POSTGRES_VERSIONS = "/usr/lib/postgresql";

export async function startRedis(): Promise<Broker> {
  await requireProgram("Redis", ["redis-server", "--version"], "redis-server");
  const folder = mkdtempSync(join(tmpdir(), "omnisocket-redis-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no"];
  return startBroker({ port, url: `redis://127.0.0.1:${port}`, folder, ready: /Ready to accept connections/, command: ["redis-server", args] });
}

export async function startPostgres(): Promise<Broker> {
  const programs = postgresPrograms();
  await requireProgram("PostgreSQL", [join(programs, "postgres"), "--version"], "postgresql");
  const folder = mkdtempSync(join(tmpdir(), "omnisocket-postgres-"));
  const user = ordinaryUser();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  const init = ["--pgdata", folder, "--username", "postgres", "--auth", "trust", "--no-sync", "--encoding", "UTF8"];
  execFileSync(join(programs, "initdb"), init, { ...user, cwd: folder, stdio: "ignore", env: { ...process.env, LC_ALL: "C" } });
  const port = await freePort();
  const settings = ["fsync=off", "listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`].flatMap((it) => ["-c", it]);
  const command: Command = [join(programs, "postgres"), ["-D", folder, "-p", String(port), ...settings], user];
  return startBroker({ port, url: `postgres://postgres@127.0.0.1:${port}/postgres`, folder, ready: /ready to accept connections/, command });
}

/** Where Debian keeps the newest version. */
function postgresPrograms(): string {
  let versions: string[] = [];
  try {
    versions = readdirSync(POSTGRES_VERSIONS).toSorted((left, right) => Number(right) - Number(left));
  } catch {
    // Then the program is missing, and is said to be.
  }
  return join(POSTGRES_VERSIONS, versions[0] ?? "none", "bin");
}

/** PostgreSQL refuses to run as root. */
function ordinaryUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: idOf("-u"), gid: idOf("-g") };
}

interface Plan {
  readonly port: number;
  readonly url: string;
  readonly folder: string;
  /** What it prints when it is ready. */
  readonly ready: RegExp;
  readonly command: Command;
}

async function startBroker({ port, url, folder, ready, command }: Plan): Promise<Broker> {
  let child = await launch(command, folder, ready);
  const stop = (): Promise<void> => end(child);
  return {
    port,
    url,
    stop,
    async start() {
      child = await launch(command, folder, ready);
    },
    async remove() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function launch([file, args, user]: Command, cwd: string, ready: RegExp): Promise<ChildProcess> {
  const child = spawn(file, args, { ...user, cwd, stdio: ["ignore", "pipe", "pipe"] });
  const printed: string[] = [];
  const isReady = new Promise<void>((resolve) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on("line", (line) => {
        printed.push(line);
        if (ready.test(line)) resolve();
      });
    }
  });
  const failed = once(child, "exit").then(() => Promise.reject(new Error(`${file} did not start:\n${printed.join("\n")}`)));
  await Promise.race([isReady, failed]);
  failed.catch(() => {});
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  // Not in good order: clients are cut off.
  child.kill("SIGQUIT");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await exit;
  clearTimeout(timer);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
