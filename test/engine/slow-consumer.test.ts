import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "#test";
import type { SlowConsumerPolicy } from "../../src/index.ts";
import type { EngineOptions } from "../../src/engine/options.ts";
import { OutgoingQueue } from "../../src/engine/outgoing-queue.ts";
import type { Outgoing } from "../../src/engine/revision.ts";
import { snapshotSession } from "../../src/engine/snapshot.ts";
import { Batch } from "../../src/wire/batch.ts";
import { ask, connectPolling, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine, SeenSession } from "../memory/engine.ts";
import type { MemoryWebSocket } from "../memory/web-socket.ts";

/** Each message is one letter and counts 65 bytes: five of them fit, and past two the connection is not writable. */
function small(slowConsumer: SlowConsumerPolicy, options: EngineOptions = {}): MemoryEngine {
  return new MemoryEngine({ ...options, slowConsumer, limits: { maxBufferedBytes: 325, highWaterMark: 130 } });
}

/** Emits the letters, each an event that wants no acknowledgement unless it is a capital. */
function emit(seen: SeenSession, letters: string): void {
  for (const letter of letters) {
    const batch = new Batch([letter]);
    batch.droppable = letter === letter.toLowerCase();
    seen.conn.deliver(batch);
  }
}

/** A WebSocket whose client does not read, where every frame counts as many bytes as the core thinks. */
async function unread(memory: MemoryEngine): Promise<MemoryWebSocket> {
  const ws = await connectWebSocket(memory);
  let frames = 0;
  Object.defineProperty(ws, "bufferedAmount", {
    get: () => (ws.frames.length - frames) * 65,
    set() {
      frames = ws.frames.length;
    },
  });
  return ws;
}

const letters = (ws: MemoryWebSocket): string => ws.take().map((frame) => String(frame).slice(1)).join("");

describe("slowConsumer over polling", () => {
  for (const { policy, kept, dropped } of [
    { policy: "drop-oldest", kept: "cdefg", dropped: 2 },
    { policy: "drop-newest", kept: "abcde", dropped: 2 },
  ] as const) {
    test(`"${policy}" keeps ${kept} of abcdefg where five fit`, async () => {
      const memory = small(policy);
      const client = await connectPolling(memory);
      emit(memory.last, "abcdefg");
      assert.equal(memory.last.conn.bufferedBytes, 325);
      assert.deepEqual((await client.receive()).map((packet) => packet.slice(1)).join(""), kept);
      assert.equal(memory.last.droppedPackets, dropped);
    });
  }

  test('"close" ends the connection one past the limit', async () => {
    const memory = small("close");
    await connectPolling(memory);
    emit(memory.last, "abcde");
    assert.equal(memory.last.end, undefined);
    emit(memory.last, "f");
    assert.equal(memory.last.reason, "transport error");
  });

  test("what must not be dropped stays in its order, and ends the connection once nothing else is left to drop", async () => {
    const memory = small("drop-oldest");
    const client = await connectPolling(memory);
    emit(memory.last, "AbCdefGHi");
    assert.deepEqual((await client.receive()).map((packet) => packet.slice(1)).join(""), "ACGHi");
    emit(memory.last, "ABCDE");
    assert.equal(memory.last.end, undefined);
    emit(memory.last, "F");
    assert.match(memory.last.description!, /SLOW_CONSUMER/);
  });

  for (const revision of [3, 4] as const) {
    test(`what waits stays as droppable as it was over a sleep: Engine.IO ${revision}`, async () => {
      const memory = small("drop-oldest", { allowEIO3: true });
      const handshake = ask(memory, engineUrl({ EIO: String(revision), transport: "polling" }));
      await memory.host.settle();
      assert.equal(handshake.status, 200);
      emit(memory.last, "aBcDe");

      const later = small("drop-oldest", { allowEIO3: true });
      const { session } = later.engine.restore(structuredClone(snapshotSession(memory.last.conn)));
      const seen = new SeenSession(session!, () => {});
      session!.handler = seen;
      emit(seen, "fg");
      assert.deepEqual([seen.droppedPackets, seen.end], [2, undefined]);
      emit(seen, "HIJ");
      assert.deepEqual([seen.droppedPackets, seen.end], [5, undefined]);
      emit(seen, "K");
      assert.match(seen.description!, /SLOW_CONSUMER/);
    });
  }

  test("what waited before a sleep counts towards maxTotalBufferedBytes after it", async () => {
    const memory = new MemoryEngine();
    const snapshots = [];
    for (const text of ["x".repeat(400), "y".repeat(200)]) {
      await connectPolling(memory);
      memory.last.conn.send(text);
      snapshots.push(structuredClone(snapshotSession(memory.last.conn)));
    }
    const later = new MemoryEngine({ limits: { maxTotalBufferedBytes: 800 } });
    const [larger, smaller] = snapshots.map((snapshot) => later.engine.restore(snapshot).session!);
    smaller!.send("z");
    assert.deepEqual([larger!.readyState, smaller!.readyState], ["open", "open"]);
    smaller!.send("z");
    assert.deepEqual([larger!.readyState, smaller!.readyState], ["closed", "open"]);
  });

  test("what waits takes no more room over a sleep than it has bytes, whatever it is a part of", async () => {
    const memory = new MemoryEngine();
    await connectPolling(memory);
    const file = Uint8Array.from({ length: 100_000 }, (_, index) => index);
    memory.last.conn.send(file.subarray(5, 8));
    const { session } = new MemoryEngine().engine.restore(structuredClone(snapshotSession(memory.last.conn)));
    const [bytes] = session!.polling!.queue.first!.messages as readonly Uint8Array[];
    assert.deepEqual([[...bytes!], bytes!.buffer.byteLength], [[5, 6, 7], 3]);
  });

  test("what waits is compressed after a sleep only where it was to be before", async () => {
    const memory = new MemoryEngine();
    await connectPolling(memory);
    memory.last.conn.send("a", { compress: false }).send("b");
    const { session } = new MemoryEngine().engine.restore(structuredClone(snapshotSession(memory.last.conn)));
    assert.deepEqual(session!.polling!.queue.items.map(({ compress }) => compress), [false, true]);
  });

  test('"drop-newest" ends the connection for what must not be dropped', async () => {
    const memory = small("drop-newest");
    await connectPolling(memory);
    emit(memory.last, "abcdeF");
    assert.equal(memory.last.reason, "transport error");
  });
});

describe("slowConsumer over WebSocket", () => {
  test('"drop-newest" leaves what the platform has', async () => {
    const memory = small("drop-newest");
    const ws = await unread(memory);
    emit(memory.last, "abcdefg");
    assert.equal(letters(ws), "abcde");
    assert.equal(memory.last.droppedPackets, 2);
  });

  test('"drop-oldest" gives the platform as much as the high-water mark, and drops from what waits behind', async () => {
    const memory = small("drop-oldest");
    const ws = await unread(memory);
    emit(memory.last, "abcdefg");
    assert.equal(memory.last.conn.bufferedBytes, 325);
    assert.equal(memory.last.droppedPackets, 2);
    assert.equal(letters(ws), "ab");
    // The client reads: what waited comes, in order.
    ws.drain();
    await memory.host.settle();
    assert.equal(letters(ws), "ef");
    await memory.host.advance(100);
    assert.equal(letters(ws), "g");
    emit(memory.last, "h");
    assert.equal(letters(ws), "h");
  });

  test("pings do not wait behind what is held back", async () => {
    const memory = small("drop-oldest");
    const ws = await unread(memory);
    emit(memory.last, "abcd");
    memory.last.conn.sendControl("2");
    assert.deepEqual(ws.take(), ["4a", "4b", "2"]);
  });

  test("a close takes along what was held back", async () => {
    const memory = small("drop-oldest");
    const ws = await unread(memory);
    emit(memory.last, "abcd");
    memory.last.conn.close();
    assert.equal(letters(ws), "abcd");
  });

  test("what a listener sends while it goes out comes behind it, and leaves nothing that is looked for after the end", async () => {
    const memory = small("drop-oldest");
    const ws = await unread(memory);
    emit(memory.last, "abcde");
    memory.last.conn.once("drain", () => emit(memory.last, "FG"));
    ws.take();
    ws.drain();
    assert.equal(letters(ws), "cd");
    memory.last.conn.close();
    assert.equal(letters(ws), "eFG");
    assert.equal(await memory.nextTimer(), Infinity);
  });

  test("nothing is looked for once the connection has ended", async () => {
    const memory = small("drop-oldest");
    const ws = await unread(memory);
    emit(memory.last, "abcd");
    ws.close();
    await memory.host.settle();
    assert.equal(await memory.nextTimer(), Infinity);
  });
});

test("an OutgoingQueue keeps the order, and drops the oldest that may be dropped", () => {
  const operation = fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 9 }), droppable: fc.boolean() }),
    fc.record({ shift: fc.constant(true) }),
    fc.record({ dropTo: fc.nat(60) }),
  );
  fc.assert(fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
    const queue = new OutgoingQueue();
    const model: Outgoing[] = [];
    const bytes = (): number => model.reduce((sum, { size }) => sum + size, 0);
    for (const it of operations) {
      if ("push" in it) {
        const item: Outgoing = { frames: [], packets: [], size: it.push, compress: false, droppable: it.droppable };
        queue.push(item);
        model.push(item);
      } else if ("shift" in it) assert.equal(queue.shift(), model.shift());
      else {
        const before = model.length;
        for (const item of [...model]) if (bytes() > it.dropTo && item.droppable === true) model.splice(model.indexOf(item), 1);
        assert.equal(queue.dropOldest(it.dropTo), before - model.length);
      }
      assert.deepEqual([queue.items, queue.bytes, queue.first], [model, bytes(), model[0]]);
    }
    assert.deepEqual([queue.takeAll(), queue.bytes, queue.isEmpty], [model, 0, true]);
  }));
});
