/** The broker is gone for 20 seconds: for all adapters at once, since that takes its time. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, test } from "vitest";
import { Member } from "../../adapters/member.ts";
import { ready } from "../../adapters/scenarios.ts";
import {
  type Published,
  postgresAdapter,
  redisAdapter,
  redisAdapterWithIoRedis,
  shardedAdapters,
  streamsAdapter,
  streamsAdapterWithIoRedis,
} from "./adapters.ts";
import { type Broker, startPostgres, startRedis } from "./brokers.ts";
import { type PluggedNode, startPlugged } from "./pair.ts";

const OUTAGE = 20_000;
const BETWEEN_EVENTS = 250;

const all = [redisAdapter, redisAdapterWithIoRedis, ...shardedAdapters, streamsAdapter, streamsAdapterWithIoRedis, postgresAdapter];

/** What was seen with one adapter. */
interface Course {
  /** Numbers of the events that were sent while the broker was gone. */
  sent: number;
  /** What the clients of that server got meanwhile. */
  heard: unknown[][][];
  /** The longest that a client of that server waited for one, in milliseconds. */
  slowest: number;
  /** From the broker's return until an event crossed, in each direction, in milliseconds. */
  resumed: number[];
}

class Trial {
  readonly published: Published;
  readonly course: Course = { sent: 0, heard: [], slowest: 0, resumed: [] };
  readonly #broker: Broker;
  readonly #nodes: readonly PluggedNode[];
  readonly #members: readonly Member[];

  private constructor(published: Published, broker: Broker, nodes: readonly PluggedNode[], members: readonly Member[]) {
    this.published = published;
    this.#broker = broker;
    this.#nodes = nodes;
    this.#members = members;
  }

  /** Two servers of ours, two clients at the first and one at the second. */
  static async prepare(published: Published): Promise<Trial> {
    const broker = published.broker === "redis" ? await startRedis() : await startPostgres();
    const nodes = [await startPlugged(published, "ours", broker.url), await startPlugged(published, "ours", broker.url)] as const;
    const members = await Promise.all([nodes[0], nodes[0], nodes[1]].map(({ url }) => Member.open(url)));
    for (const member of members) await ready(member);
    await members[0]!.io(["socketsJoin", "red"]);
    return new Trial(published, broker, nodes, members);
  }

  async run(): Promise<void> {
    const [one, two, far] = this.#members as [Member, Member, Member];
    await this.#broker.stop();
    const end = performance.now() + OUTAGE;
    while (performance.now() < end) {
      const started = performance.now();
      await one.io(["emit", "all", this.course.sent]);
      await one.io(["to", one.id], ["to", two.id], ["emit", "some", this.course.sent]);
      this.course.heard.push(await one.heard.take(2), await two.heard.take(2));
      this.course.slowest = Math.max(this.course.slowest, performance.now() - started);
      this.course.sent += 1;
      await sleep(BETWEEN_EVENTS);
    }
    await this.#broker.start();
    const back = performance.now();
    this.course.resumed = await Promise.all([crossing(one, far, back), crossing(far, one, back)]);
  }

  async end(): Promise<void> {
    for (const { socket } of this.#members) socket.disconnect();
    for (const node of this.#nodes) await node.stop();
    await this.#broker.remove();
  }
}

/** How long it takes from `since` until an event of one server reaches the client of the other. */
async function crossing(from: Member, to: Member, since: number): Promise<number> {
  const probe = `probe from ${from.id}`;
  while (!to.probes.has(probe) && performance.now() - since < 20_000) {
    await from.io(["emit", probe]);
    await sleep(50);
  }
  return performance.now() - since;
}

describe("while the broker is gone for 20 seconds", () => {
  const trials: Trial[] = [];
  const unhandled: unknown[] = [];
  const remember = (error: unknown): void => void unhandled.push(error);

  beforeAll(async () => {
    process.on("unhandledRejection", remember);
    for (const published of all) trials.push(await Trial.prepare(published));
    await Promise.all(trials.map((trial) => trial.run()));
  }, 90_000);

  afterAll(async () => {
    await Promise.all(trials.map((trial) => trial.end()));
    process.off("unhandledRejection", remember);
  }, 30_000);

  describe.each(all.map((published, index) => [published.name, index] as const))("%s", (_name, index) => {
    test("clients of a server get its events, in order, once and at once", () => {
      const { sent, heard, slowest } = trials[index]!.course;
      assert.ok(sent > 20, `${sent} events`);
      const expected = Array.from({ length: sent }, (_, count) => [["all", count], ["some", count]]);
      assert.deepEqual(heard.filter((_, at) => at % 2 === 0), expected);
      assert.deepEqual(heard.filter((_, at) => at % 2 === 1), expected);
      assert.ok(slowest < 2_000, `${slowest} ms`);
    });

    test("events cross again within 5 seconds of its return", () => {
      const { resumed } = trials[index]!.course;
      assert.ok(resumed.every((milliseconds) => milliseconds < 5_000), resumed.map(Math.round).join(" and "));
    });
  });

  test("nothing is rejected without being handled", () => {
    assert.deepEqual(unhandled, []);
  });
});
