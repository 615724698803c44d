/** `@socket.io/cluster-adapter` and `@socket.io/sticky` in a cluster of real processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Shown } from "../../adapters/app.ts";
import { Member } from "../../adapters/member.ts";
import { ready } from "../../adapters/scenarios.ts";
import { type Kind, describeMixes } from "../../adapters/servers.ts";
import { type Program, bundle, startProgram } from "./node-program.ts";

interface Announced {
  readonly sticky: number;
  readonly workers: readonly number[];
}

const bundled = bundle(join(import.meta.dirname, "programs/cluster.ts"));
const urlOf = (port: number): string => `http://127.0.0.1:${port}`;

async function startCluster(kinds: readonly Kind[]): Promise<Program & { readonly announced: Announced }> {
  return (await startProgram(process.execPath, [await bundled, JSON.stringify(kinds)])) as Program & { announced: Announced };
}

describeMixes("@socket.io/cluster-adapter", (kinds) => {
  let program: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => {
    program = await startCluster(kinds);
  });
  afterAll(() => program.stop());
  return () => ({ a: urlOf(program.announced.workers[0]!), b: urlOf(program.announced.workers[1]!) });
});

describe.each<readonly Kind[]>([["ours", "ours", "ours"], ["ours", "released"]])("@socket.io/sticky before workers: %s, %s", (...kinds) => {
  let program: Awaited<ReturnType<typeof startCluster>>;
  const workers = kinds.filter((kind) => kind !== undefined);
  beforeAll(async () => {
    program = await startCluster(workers);
  });
  afterAll(() => program.stop());

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    test(`clients over ${transports.join(", then ")} stay with their worker, and are one crowd`, async () => {
      const crowd = await Promise.all(Array.from({ length: 12 }, () => enter(urlOf(program.announced.sticky), transports)));
      for (const member of crowd) await ready(member, workers.length);
      if (transports.length > 1) await Promise.all(crowd.map(upgraded));
      const first = crowd[0]!;
      const local = (await first.io(["local"], ["fetchSockets"])) as Shown[];
      assert.ok(local.length > 0 && local.length < crowd.length, `${local.length} of ${crowd.length} are with one worker`);
      assert.equal(((await first.io(["fetchSockets"])) as Shown[]).length, crowd.length);
      for (const member of crowd) await member.io(["emit", "from", member.id]);
      const all = crowd.map(({ id }) => id).toSorted();
      for (const member of crowd) {
        assert.deepEqual((await member.heard.take(crowd.length)).map(([, id]) => id as string).toSorted(), all);
      }
    });
  }
});

/** The primary may hear of a session after its client's second request; clients then try again. */
async function enter(url: string, transports: string[]): Promise<Member> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await Member.join(url, { transports });
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

/**
 * The upgrade is over; for the same reason a worker that does not know the session may have refused it, and the client polls on.
 *
 * It may have been refused before anybody listened.
 */
async function upgraded({ socket }: Member): Promise<void> {
  const { engine } = socket.io;
  if (engine.transport.name === "websocket") return;
  const refused = new Promise((resolve) => engine.once("upgradeError", resolve));
  await Promise.race([new Promise((resolve) => engine.once("upgrade", resolve)), refused, wait(2000)]);
}
