/** Released `socket.io-client` inside another runtime, against every host. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, onTestFinished, test } from "vitest";
import { profileNames } from "./app.ts";
import type { Host } from "./host.ts";
import { bun } from "./hosts/bun.ts";
import { cloudflare } from "./hosts/cloudflare.ts";
import { deno } from "./hosts/deno.ts";
import { node } from "./hosts/node.ts";
import { ROOT } from "./hosts/spawned.ts";
import type { Outcome, Task } from "./programs/client.ts";

/** Defines a test for each host; `command` runs a TypeScript program on the runtime. */
export function defineClients(runtime: string, command: readonly [string, ...string[]]): void {
  describe(`socket.io-client in ${runtime}`, () => {
    for (const host of [node, deno, bun, cloudflare]) {
      test(`is served by ${host.name} over polling, WebSocket and the upgrade`, { timeout: 150_000 }, async () => {
        const { passed, failed, aside } = await play(command, host);
        assert.deepEqual(failed, []);
        assert.ok(passed.length > 100, `only ${passed.length} scenarios ran`);
        console.log(`client in ${runtime} on ${host.name}: ${passed.length} passed, ${aside.length} need more than a client`);
      });
    }
  });
}

async function play([file, ...args]: readonly [string, ...string[]], host: Host): Promise<Outcome> {
  const servers = await Promise.all(profileNames.map((profile) => host.start({ profile })));
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.stop()))));
  const urls = Object.fromEntries(profileNames.map((profile, n) => [profile, servers[n]!.url])) as Task["urls"];
  const task: Task = { host: { name: host.name, binary: host.binary, lacks: host.lacks }, urls };
  const program = join(import.meta.dirname, "programs/client.ts");
  const child = spawn(join(ROOT, "node_modules/.bin", file), [...args, program, JSON.stringify(task)], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  assert.equal(code, 0, printed);
  return JSON.parse(printed.trimEnd().split("\n").at(-1)!) as Outcome;
}
