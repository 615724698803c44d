/** Published vulnerabilities in what servers of this protocol take from their broker. */
import assert from "node:assert/strict";
import { ClusterAdapter, type ClusterMessage, MessageType } from "socket.io-adapter";
import { test } from "vitest";
import { MemoryServer } from "../memory/server.ts";
import { faultsOf, join } from "../server/client.ts";

/** An adapter whose broker is the test. */
class Broker extends ClusterAdapter {
  // oxlint-disable-next-line no-useless-constructor -- the inherited one is protected
  constructor(nsp: unknown) {
    super(nsp);
  }

  override doPublish(): Promise<string> {
    return Promise.resolve("");
  }

  override doPublishResponse(): Promise<void> {
    return Promise.resolve();
  }

  hear(type: unknown, data: unknown): void {
    this.onMessage({ uid: "another", nsp: "/", type, data } as ClusterMessage);
  }
}

const everyone = { rooms: [], except: [], flags: {} };

/** Runs its first bytes when Python's `pickle` reads it. */
const pickle = new TextEncoder().encode("cos\nsystem\n(S'true'\ntR.");

test("CVE-2025-61765: what the broker says is data, and nothing of it is run", async () => {
  const io = new MemoryServer({ adapter: Broker });
  const faults = faultsOf(io);
  const { client, socket } = await join(io);
  const broker = io.of("/").adapter as unknown as Broker;
  let ran = 0;
  const run = (): number => (ran += 1);
  const trap = { toString: run, valueOf: run, toJSON: run, [Symbol.iterator]: run };
  for (const value of [pickle, trap, [trap], { type: trap, data: ["x"] }, { type: 2, data: [trap] }]) {
    broker.hear(MessageType.BROADCAST, { opts: everyone, packet: value });
    broker.hear(MessageType.SERVER_SIDE_EMIT, { packet: value });
  }
  await io.host.settle();
  assert.deepEqual([client.take(), ran], [[], 0]);
  assert.deepEqual([socket.connected, faults], [true, []]);
  assert.ok((io.metrics().limits["brokerMessage"] ?? 0) > 0, "counted");
  client.send('2["still here"]');
  await io.host.settle();
  assert.ok(socket.connected);
});
