/** `@socket.io/cluster-adapter` and `@socket.io/sticky` in a cluster of real processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
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

/** How often a client may be too quick for the primary. */
const ATTEMPTS = 5;

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
      const first = crowd[0]!;
      const local = (await first.io(["local"], ["fetchSockets"])) as Shown[];
      assert.ok(local.length > 0 && local.length < crowd.length, `${local.length} of ${crowd.length} are with one worker`);
      assert.equal(((await first.io(["fetchSockets"])) as Shown[]).length, crowd.length);
      for (const member of crowd) await member.io(["emit", "from", member.id]);
      const all = crowd.map(({ id }) => id).toSorted();
      for (const member of crowd) {
        assert.deepEqual((await member.take(crowd.length)).map(([, id]) => id as string).toSorted(), all);
      }
    });
  }
});

/**
 * A worker tells the primary of a session when it has opened it, and the client may be quicker. Its next connection then goes to any
 * worker, most of which do not know the session: the client is refused, or its upgrade is, and then it tries again.
 */
async function enter(url: string, transports: string[]): Promise<Member> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      const member = await Member.join(url, { transports });
      if (transports.length === 1 || (await member.upgraded)) return member;
      member.socket.disconnect();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
  throw new Error(`The upgrade was refused ${ATTEMPTS} times`);
}
