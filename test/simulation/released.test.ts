import assert from "node:assert/strict";
import type { DrainOptions } from "../../src/index.ts";
import { describe, test } from "vitest";
import { goodManners } from "./clients/engine-client.ts";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";

/** The released client alone, on a line that is slow at times, and a server that closes after so many milliseconds. */
function closingAfter(after: number, seed: number, drain?: DrainOptions): Scenario {
  return {
    seed,
    options: { pingInterval: 25_000, pingTimeout: 20_000, limits: {} },
    platform: { opensLater: false, sharesFrames: false, sleeps: false },
    faults: ["close server"],
    clients: [
      {
        manners: goodManners,
        hostile: false,
        released: true,
        quality: { latency: [2, 60], window: 65_536 },
        greetings: 1,
        wants: ["/", "/a"],
        retriesPosts: false,
        stripsUpgrades: false,
        idleCut: null,
      },
    ],
    warmUp: 0,
    steps: [
      { after, do: "close server", ...(drain && { drain }) },
      { after: 5000, do: "say", client: 0, message: { nsp: "/", act: { do: "nothing" }, pad: 0, blobs: 0, ack: true } },
    ],
  };
}

interface Seen {
  /** How far its way over to the WebSocket had come when the server closed. */
  readonly stage: "polling" | "probe answered" | "switched";
  /** Milliseconds from the server being there again to the client being connected again. */
  readonly awayFor: number;
}

async function see(scenario: Scenario): Promise<Seen> {
  const { violation, lines } = await run(scenario, { trace: "lines" });
  assert.equal(violation, undefined);
  const time = (line: string | undefined): number => Number(line?.trim().split(" ")[0]);
  const closing = lines.findIndex((line) => line.includes("serverCloses"));
  const before = lines.slice(0, closing).join("\n");
  const stage = / frame=5\b/.test(before) ? "switched" : before.includes("frame=3probe") ? "probe answered" : "polling";
  const opened = time(lines.find((line) => line.includes("serverOpens")));
  const back = time(lines.slice(closing).find((line) => line.includes("clientOpened") && time(line) > opened));
  return { stage, awayFor: back - opened };
}

describe("the released client", () => {
  for (const drain of [undefined, { drain: 200, spread: 0, force: 300 }]) {
    test(`comes back soon, whenever in its upgrade the server closes (${drain === undefined ? "at once" : "in good order"})`, async () => {
      const stages = new Set<string>();
      for (let seed = 1; seed <= 100; seed++) {
        const { stage, awayFor } = await see(closingAfter(30 + (seed % 30) * 10, seed, drain));
        stages.add(stage);
        assert.ok(awayFor < 1000, `seed ${seed}: the server closed at the stage "${stage}", and its client was away for ${awayFor} ms`);
      }
      assert.ok(stages.has("probe answered"), [...stages].join());
    });
  }
});
