/** What the README says is what happens. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Socket as EngineSocket } from "engine.io-client";
import { io as connect } from "socket.io-client";
import { describe, test } from "vitest";
import { resolveLimits } from "../src/engine/limits.ts";
import { resolveEngineOptions } from "../src/engine/options.ts";
import { resolveServerOptions } from "../src/server/options.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the README", () => {
  test("begins with an example that runs as it stands", async () => {
    const port = await freePort();
    const program = runExample(/```js\n(.*?)```/s.exec(readme)![1]!, port);
    const clients = [0, 1].map(() => connect(`http://localhost:${port}`, { reconnectionDelay: 50, forceNew: true }));
    try {
      await Promise.all(clients.map((client) => new Promise<void>((resolve) => client.on("connect", resolve))));
      const joined = new Promise((resolve) => clients[1]!.on("joined", resolve));
      assert.equal(await clients[0]!.emitWithAck("hello", "Ada"), "Hello, Ada!");
      assert.equal(await joined, "Ada");
      const script = await fetch(`http://localhost:${port}/socket.io/socket.io.js`);
      assert.equal(script.headers.get("content-type"), "application/javascript; charset=utf-8");
    } finally {
      for (const client of clients) client.close();
      program.kill();
      await once(program, "exit");
    }
  });

  test("has an engine alone that runs as it stands", async () => {
    const port = await freePort();
    const program = runExample(/## The engine alone.*?```js\n(.*?)```/s.exec(readme)![1]!, port);
    const socket = await openEngine(`ws://localhost:${port}`);
    const closed = once(program, "exit");
    try {
      const messages: unknown[] = [];
      const both = new Promise<void>((resolve) => socket.on("message", (data: unknown) => messages.push(data) === 2 && resolve()));
      socket.send("echo");
      await both;
      assert.match(messages[0] as string, /^hello, you are \S{20}$/);
      assert.equal(messages[1], "echo");
    } finally {
      socket.close();
      program.kill();
      await closed;
    }
  });

  test("tells the default of each option", () => {
    const defaults: Record<string, unknown> = {
      ...resolveServerOptions({}),
      ...resolveEngineOptions({}),
      httpCompression: { threshold: resolveEngineOptions({}).compressionThreshold },
      cookie: false,
      destroyUpgrade: true,
      destroyUpgradeTimeout: 1000,
    };
    const notValues = new Set(["adapter", "debug", "parser", "cors", "allowRequest", "initialPacket", "limits", "wsEngine"]);
    const rows = table("| option | default | meaning |").filter(([name]) => !notValues.has(name));
    assert.ok(rows.length >= 18);
    for (const [name, value] of rows) assert.deepEqual(evaluate(value), defaults[name], name);
  });

  test("tells the default of each limit", () => {
    const defaults = resolveLimits(undefined, 1e6);
    const rows = table("| limit | default | past it |");
    assert.deepEqual(rows.map(([name]) => name).toSorted(), Object.keys(defaults).toSorted());
    for (const [name, value] of rows) {
      if (name !== "maxTotalBufferedBytes") assert.equal(evaluate(value), defaults[name as keyof typeof defaults], name);
    }
  });
});

/** Names and defaults of every table with this head. */
function table(head: string): [name: string, value: string][] {
  return readme.split(head).slice(1).flatMap((part) => {
    const lines = part.slice(0, part.search(/\n\n/)).split("\n").slice(2);
    return lines.map((line): [string, string] => {
      const [, name, value] = line.split("|").map((cell) => cell.trim().replaceAll("`", ""));
      return [name!, value!];
    });
  });
}

function evaluate(text: string): unknown {
  if (text === "–") return undefined;
  return text === "Infinity" ? Infinity : (JSON.parse(text.replace(/(\w+): /g, '"$1": ')) as unknown);
}

/** Runs code inside the package, where it may import the package by its name. */
function runExample(code: string, port: number) {
  const folder = join(root, ".cache", "readme");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "example.mjs"), code);
  const env = { ...process.env, PORT: String(port) };
  return spawn(process.execPath, [join(folder, "example.mjs")], { env, stdio: "inherit" });
}

/** Connects once the engine listens. */
async function openEngine(url: string): Promise<EngineSocket> {
  for (;;) {
    const socket = new EngineSocket(url);
    const opened = await new Promise<boolean>((resolve) => {
      socket.on("open", () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    if (opened) return socket;
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
