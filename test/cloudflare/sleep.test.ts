/** What a Durable Object with many clients does while nobody speaks. Slow: sleep takes its time. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type Socket, io as connect } from "socket.io-client";
import { describe, onTestFinished, test } from "vitest";
import { cloudflare } from "../conformance/hosts/cloudflare.ts";

describe("an object with many clients", () => {
  test("is as before after an eviction: rooms, ids and data, and no client noticed", { timeout: 60_000 }, async () => {
    const { url, evict } = await start();
    const clients = await crowd(url, 200);
    for (const [at, client] of clients.entries()) {
      await client.emitWithAck("join", `room ${at % 20}`);
      await client.emitWithAck("remember", { at });
    }
    const ids = clients.map(({ id }) => id);
    await evict();
    const heard: number[] = [];
    for (const [at, client] of clients.entries()) client.on("said", () => heard.push(at));
    clients[3]!.emit("broadcast", { from: "server", to: ["room 3"] }, "said");
    // An answer comes after what was sent before it.
    await Promise.all(clients.map((client) => client.emitWithAck("echo")));
    assert.deepEqual(heard.toSorted((a, b) => a - b), Array.from({ length: 10 }, (_, n) => 3 + 20 * n));
    for (const [at, client] of clients.entries()) {
      const who = await client.emitWithAck("who am I");
      assert.deepEqual([who.id, who.data.value, who.rooms, who.recovered], [ids[at], { at }, [`room ${at % 20}`], true]);
    }
    assertUndisturbed(clients);
  });

  test("is out of memory between its alarms, and keeps every client", { timeout: 180_000 }, async () => {
    const { url } = await start();
    const clients = await crowd(url, 100);
    const before = await constructed(url);
    await sleep(80_000);
    assertUndisturbed(clients);
    // An alarm each 25 s, and sleep after 10 s without anything to do.
    const wakes = (await constructed(url)) - before;
    assert.ok(wakes >= 2 && wakes <= 5, `it came into memory ${wakes} times`);
    for (const client of clients) assert.equal(await client.emitWithAck("echo", 1), 1);
  });
});

async function start(): Promise<{ url: string; evict: () => Promise<void> }> {
  const { url, stop, evict } = await cloudflare.start({ profile: "plain" });
  onTestFinished(() => stop());
  return { url, evict: evict! };
}

/** Every other one begins with polling and upgrades. */
async function crowd(url: string, size: number): Promise<Socket[]> {
  const clients: Socket[] = [];
  onTestFinished(() => clients.forEach((client) => client.close()));
  for (let n = 0; n < size; n++) {
    const upgrades = n % 2 === 1;
    const client = connect(url, { transports: upgrades ? ["polling", "websocket"] : ["websocket"], forceNew: true, reconnection: false });
    clients.push(client);
    const upgraded = upgrades && new Promise((resolve) => client.io.engine.on("upgrade", resolve));
    await new Promise<void>((resolve, reject) => client.on("connect", resolve).on("connect_error", reject));
    await upgraded;
  }
  return clients;
}

function assertUndisturbed(clients: readonly Socket[]): void {
  assert.deepEqual(clients.filter(({ connected }) => !connected), []);
}

async function constructed(url: string): Promise<number> {
  return Number(await (await fetch(`${url}/constructed`)).text());
}
