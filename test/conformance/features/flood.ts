import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Feature } from "../feature.ts";
import { within } from "../patience.ts";
import { ask, next } from "../stage.ts";

const COUNT = 10_000;
/** Messages between two turns of the event loop. */
const BURST = 50;
/** Messages that come back before the upgrade may start; as many are sent after it. */
const MARGIN = 2_000;

export const flood: readonly Feature[] = [
  {
    name: "10,000 messages each way while upgrading: none lost, doubled, reordered",
    ways: ["upgrade"],
    scenarios: {
      "and the transport changes under them": async (stage) => {
        const held = await stage.holdUpgrades();
        const client = stage.client("/", {}, held.url);
        const upgraded = next(client.io.engine, "upgrade");
        const order: number[] = [];
        const transports = new Set<string>();
        const complete = new Promise<void>((resolve) => {
          client.on("echo", (n: number) => {
            transports.add(client.io.engine.transport.name);
            if (order.push(n) === MARGIN) held.release();
            if (order.length === COUNT) resolve();
          });
        });
        await next(client, "connect");
        for (let n = 0; n < COUNT; n++) {
          if (n === COUNT - MARGIN) await upgraded;
          if (n % BURST === 0) await turn();
          client.emit("echo", n, ...(n % 100 === 0 ? [Buffer.from([n & 255])] : []));
        }
        await within("the last message", complete);
        await ask(client, "echo");
        assert.deepEqual(order, Array.from({ length: COUNT }, (_, n) => n));
        assert.deepEqual([...transports], ["polling", "websocket"]);
      },
    },
  },
];
