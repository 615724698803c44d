/** Ten thousand numbered messages each way, sent while the transport changes under them. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Socket } from "socket.io";
import { test } from "vitest";
import { type Arena, calm, next } from "./arena.ts";

const COUNT = 10_000;
/** Messages between two turns of the event loop. */
const BURST = 50;
/** Messages that come before the upgrade may start, and after it must be over. */
const MARGIN = 2_000;

export function defineFlood(arena: Arena): void {
  test("10,000 numbered messages each way: none lost, doubled or reordered", async () => {
    const running = await arena.start(() => {});
    const proxy = await arena.proxy(running.url);
    const startUpgrade = arena.upgrades ? proxy.holdUpgrades() : () => {};
    const arrived = next<[Socket]>(running.io, "connection");
    const client = arena.client(proxy.url);
    const onClient = arena.upgrades ? next(client.io.engine, "upgrade") : Promise.resolve();
    const down = collect(client, () => client.io.engine.transport.name);
    const sentUp = send(client, onClient);

    const [socket] = await arrived;
    const onServer = arena.upgrades ? next(socket.conn, "upgrade") : Promise.resolve();
    const up = collect(socket, () => socket.conn.transport.name, (count) => count === MARGIN && startUpgrade());
    const sentDown = send(socket, onServer);
    await Promise.all([sentUp, sentDown, up.done, down.done]);
    await calm({ client, socket });

    const order = Array.from({ length: COUNT }, (_, n) => n);
    assert.deepEqual(up.numbers, order);
    assert.deepEqual(down.numbers, order);
    assert.deepEqual([...up.transports], arena.transports);
    assert.deepEqual([...down.transports], arena.transports);
  });
}

interface Emitting {
  emit(event: string, ...args: unknown[]): unknown;
}

interface Listening {
  on(event: string, listener: (n: number) => void): unknown;
}

/** Sends all numbers, every hundredth with bytes; the last ones wait until `upgraded`. */
async function send(from: Emitting, upgraded: Promise<unknown>): Promise<void> {
  for (let n = 0; n < COUNT; n++) {
    if (n === COUNT - MARGIN) await upgraded;
    if (n % BURST === 0) await turn();
    if (n % 100 === 0) from.emit("n", n, Buffer.from([n & 255]));
    else from.emit("n", n);
  }
}

interface Collected {
  readonly numbers: number[];
  /** Transports in use when a number came, in the order of their first appearance. */
  readonly transports: Set<string>;
  readonly done: Promise<void>;
}

function collect(to: Listening, transport: () => string, heard: (count: number) => unknown = () => {}): Collected {
  const numbers: number[] = [];
  const transports = new Set<string>();
  const done = new Promise<void>((resolve) => {
    to.on("n", (n) => {
      transports.add(transport());
      if (numbers.push(n) === COUNT) resolve();
      heard(numbers.length);
    });
  });
  return { numbers, transports, done };
}
