import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { Limits } from "../../src/engine/limits.ts";
import { connectPolling, connectWebSocket } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import type { MemoryWebSocket } from "../memory/web-socket.ts";

/** What each message counts beside its length. */
const OVERHEAD = 64;

function start(limits: Partial<Limits>): MemoryEngine {
  return new MemoryEngine({ limits });
}

describe("highWaterMark", () => {
  test("makes a WebSocket unwritable from there on, and writable again below (G5)", async () => {
    const memory = start({ highWaterMark: 100 });
    const ws = await connectWebSocket(memory);
    const { conn } = memory.last;
    assert.equal(conn.transport.writable, true);
    ws.bufferedAmount = 99;
    assert.equal(conn.transport.writable, true);
    ws.bufferedAmount = 100;
    assert.equal(conn.transport.writable, false);
    assert.equal(conn.bufferedBytes, 100);
    ws.drain();
    assert.equal(conn.transport.writable, true);
  });

  test("tells once when it is crossed, and again only after the client has read", async () => {
    const memory = start({ highWaterMark: 500 });
    const ws = await connectWebSocket(memory);
    ws.reads = false;
    for (let count = 0; count < 4; count++) memory.last.deliver("x".repeat(199));
    assert.deepEqual(memory.last.pressures, [400 + 199 + OVERHEAD]);
    ws.drain();
    ws.reads = false;
    for (let count = 0; count < 4; count++) memory.last.deliver("x".repeat(199));
    assert.equal(memory.last.pressures.length, 2);
  });

  test("tells of a polling client's queue as well", async () => {
    const memory = start({ highWaterMark: 500 });
    const client = await connectPolling(memory);
    for (let count = 0; count < 10; count++) memory.last.deliver("x".repeat(36));
    assert.deepEqual(memory.last.pressures, [500]);
    assert.equal(memory.last.conn.bufferedBytes, 1000);
    await client.receive();
    assert.equal(memory.last.conn.bufferedBytes, 0);
    for (let count = 0; count < 10; count++) memory.last.deliver("x".repeat(36));
    assert.deepEqual(memory.last.pressures, [500, 500]);
  });
});

describe("writable", () => {
  test("is true over polling only while a GET waits and nothing is queued (G5)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const { conn } = memory.last;
    assert.equal(conn.writable, false, "no GET");
    client.poll();
    await memory.host.settle();
    assert.equal(conn.writable, true);
    memory.last.deliver("hi");
    assert.equal(conn.writable, false, "something is queued");
    await memory.host.settle();
    assert.equal(conn.writable, false, "the GET is answered");
  });

  test("is false while upgrading, and after the end (G5)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const { conn } = memory.last;
    client.poll();
    const ws = await client.probe();
    assert.equal(conn.writable, false);
    ws.send("2probe", "5");
    assert.equal(conn.writable, true);
    conn.close();
    assert.equal(conn.writable, false);
  });
});

describe("maxBufferedBytes", () => {
  test("ends a WebSocket session whose client does not read, one byte past it", async () => {
    const memory = start({ maxBufferedBytes: 1000 });
    const ws = await connectWebSocket(memory);
    ws.bufferedAmount = 900;
    memory.last.deliver("x".repeat(1000 - 900 - OVERHEAD));
    assert.equal(memory.last.end, undefined);
    ws.bufferedAmount = 901;
    memory.last.deliver("x".repeat(1000 - 900 - OVERHEAD));
    assertSlowConsumer(memory, "maxBufferedBytes");
    assert.equal(ws.ended, "terminated");
    assert.equal(ws.frames.length, 1, "the last one was not sent");
  });

  test("ends a polling session whose client does not poll, one byte past it", async () => {
    const memory = start({ maxBufferedBytes: 1000 });
    await connectPolling(memory);
    memory.last.deliver("x".repeat(500 - OVERHEAD));
    memory.last.deliver("x".repeat(500 - OVERHEAD));
    assert.equal(memory.last.end, undefined);
    memory.last.deliver("");
    assertSlowConsumer(memory, "maxBufferedBytes");
  });

  test("counts each message, so that empty ones are bounded too", async () => {
    const memory = start({ maxBufferedBytes: 10 * OVERHEAD });
    await connectPolling(memory);
    for (let count = 0; count < 10; count++) memory.last.deliver("");
    assert.equal(memory.last.end, undefined);
    memory.last.deliver("");
    assertSlowConsumer(memory, "maxBufferedBytes");
  });

  test("lets a lone message go, however large", async () => {
    const memory = start({ maxBufferedBytes: 100 });
    const ws = await connectWebSocket(memory);
    memory.last.deliver("x".repeat(1000));
    assert.equal(ws.take().length, 1);
    const client = await connectPolling(memory);
    memory.last.deliver("x".repeat(1000));
    assert.equal((await client.receive())[0]!.length, 1001);
    assert.deepEqual(memory.limitHits, []);
  });

  test("bounds what a closing session cannot be given any more", async () => {
    const memory = start({ maxBufferedBytes: 1000 });
    await connectPolling(memory);
    memory.last.deliver("x".repeat(900));
    memory.last.conn.close();
    for (let count = 0; count < 10; count++) memory.last.deliver("x".repeat(900));
    assert.equal(memory.last.conn.bufferedBytes, 964);
  });
});

describe("maxTotalBufferedBytes", () => {
  test("ends the session that holds the most first, whoever sends", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000 });
    for (let count = 0; count < 3; count++) await connectPolling(memory);
    const [small, large, sender] = memory.sessions;
    small!.deliver("x".repeat(200 - OVERHEAD));
    large!.deliver("x".repeat(500 - OVERHEAD));
    sender!.deliver("x".repeat(300 - OVERHEAD));
    assert.deepEqual(memory.sessions.map(({ reason }) => reason), [undefined, undefined, undefined]);
    sender!.deliver("");
    assert.deepEqual(memory.sessions.map(({ reason }) => reason), [undefined, "transport error", undefined]);
    assert.equal((large!.end!.description as { code?: string }).code, "SLOW_CONSUMER");
    assert.deepEqual(memory.limitHits, ["maxTotalBufferedBytes"]);
    sender!.deliver("x".repeat(1000 - 200 - 364 - OVERHEAD));
    assert.equal(sender!.end, undefined, "what the largest held is free again");
  });

  test("counts what clients have sent while it waits to be handled", async () => {
    const memory = start({ maxTotalBufferedBytes: 2000 });
    const floods = async (): Promise<MemoryWebSocket> => {
      const client = await connectPolling(memory);
      client.post();
      const ws = await client.probe();
      ws.send("2probe", "5", `4${"x".repeat(900 - OVERHEAD - 1)}`);
      await memory.host.settle();
      return ws;
    };
    const [first, second] = [await floods(), await floods()];
    first.send(`4${"x".repeat(200 - OVERHEAD - 1)}`);
    await memory.host.settle();
    assert.deepEqual(memory.sessions.map(({ reason }) => reason), [undefined, undefined]);
    second.send("4");
    assert.deepEqual(memory.sessions.map(({ reason }) => reason), ["transport error", undefined]);
    assert.deepEqual(memory.limitHits, ["maxTotalBufferedBytes"]);
  });

  test("does not count input any more once it is handled, or its connection has ended", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000 });
    for (const end of ["handle", "close"]) {
      const client = await connectPolling(memory);
      const post = client.post();
      const ws = await client.probe();
      ws.send("2probe", "5", `4${"x".repeat(900 - OVERHEAD - 1)}`, "4");
      await memory.host.settle();
      if (end === "handle") post.request.push("4first").end();
      else memory.last.conn.close();
      await memory.host.settle();
    }
    const ws = await connectWebSocket(memory);
    ws.reads = false;
    memory.last.deliver("x".repeat(900));
    assert.deepEqual(memory.limitHits, []);
  });

  test("ends several when one is not enough", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000 });
    for (let count = 0; count < 4; count++) {
      await connectPolling(memory);
      memory.last.deliver("x".repeat(200 - OVERHEAD));
    }
    memory.sessions[0]!.deliver("x".repeat(650 - OVERHEAD));
    assert.deepEqual(memory.sessions.map(({ reason }) => reason !== undefined), [true, false, false, false]);
    memory.sessions[1]!.deliver("x".repeat(1200));
    assert.equal(memory.sessions[1]!.reason, "transport error");
    assert.equal(memory.engine.clientsCount, 2);
  });

  test("does not count what has been sent meanwhile", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000 });
    for (let count = 0; count < 10; count++) {
      const client = await connectPolling(memory);
      memory.last.deliver("x".repeat(400 - OVERHEAD));
      await client.receive();
      const ws = await connectWebSocket(memory);
      ws.reads = false;
      memory.last.deliver("x".repeat(400 - OVERHEAD));
      // The platform does not always tell.
      if (count % 2 === 0) ws.drain();
      else ws.bufferedAmount = 0;
    }
    assert.deepEqual(memory.limitHits, []);
  });

  test("does not count a session that has ended", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000 });
    for (let count = 0; count < 10; count++) {
      await connectPolling(memory);
      memory.last.deliver("x".repeat(600 - OVERHEAD));
      memory.last.conn.close(true);
    }
    assert.deepEqual(memory.limitHits, []);
  });

  test("tells nothing more to a session that it has ended", async () => {
    const memory = start({ maxTotalBufferedBytes: 1000, highWaterMark: 500 });
    await connectPolling(memory);
    memory.last.deliver("x".repeat(2000));
    assert.equal(memory.last.reason, "transport error");
    assert.deepEqual(memory.last.late, []);
  });
});

function assertSlowConsumer(memory: MemoryEngine, limit: string): void {
  assert.equal(memory.last.reason, "transport error");
  assert.equal((memory.last.end!.description as { code?: string }).code, "SLOW_CONSUMER");
  assert.match(memory.last.description!, /SLOW_CONSUMER/);
  assert.deepEqual(memory.limitHits, [limit]);
  assert.equal(memory.engine.clientsCount, 0);
}
