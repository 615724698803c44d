import assert from "node:assert/strict";
import { describe, test } from "#test";
import { ask, askUpgrade, connectWebSocket, engineUrl } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

describe("a WebSocket session", () => {
  test("sends one message per frame, text after `4` and bytes as they are (W-35)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    const bytes = new Uint8Array([1, 2, 3]);
    memory.last.deliver("one");
    memory.last.deliver("51-two", bytes);
    assert.deepEqual(ws.take(), ["4one", "451-two", bytes]);
  });

  test("delivers frames in order, bytes also as base64 (W21)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    ws.send("4one", new Uint8Array([1, 2]), "bAQI=", "4€", new Uint8Array(0), "b");
    const bytes = new Uint8Array([1, 2]);
    assert.deepEqual(memory.last.messages, ["one", bytes, bytes, "€", new Uint8Array(0), new Uint8Array(0)]);
  });

  test("opens when the platform opens it in a later turn", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory, {}, { opensLater: true });
    ws.send("4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
  });

  test("hands a message over once when the platform can share frames", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory, {}, { sharesFrames: true });
    memory.last.deliver("51-x", new Uint8Array([1]));
    assert.deepEqual(ws.take(), ["451-x", new Uint8Array([1])]);
  });

  test("lets messages be compressed, unless they say no", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    memory.last.conn.send("a");
    memory.last.conn.send("b", { compress: false });
    assert.deepEqual(ws.compressed.slice(-2), [true, false]);
  });

  test("ignores open, upgrade, noop and an unasked pong (W16, W18, W-38)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    ws.send("0{}", "5", "6", "3", "3probe", "4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
    assert.equal(memory.last.end, undefined);
  });

  for (const frame of ["", "x", "7", "4", "b!"]) {
    test(`is closed with 1002 and a parse error when it gets "${frame}" (W-37, W14, W19)`, async () => {
      const memory = new MemoryEngine();
      const ws = await connectWebSocket(memory);
      ws.send(frame, "4late");
      assert.equal(memory.last.reason, "parse error");
      assert.deepEqual(ws.ended, { code: 1002, reason: "parse error" });
      assert.deepEqual(memory.last.messages, []);
    });
  }

  test("takes a message of maxHttpBufferSize bytes, and is closed with 1009 one past it (W06)", async () => {
    for (const [fits, tooLong] of [
      ["4123456789", "4123456789a"],
      ["4€€€", "4€€€a"],
      [new Uint8Array(10), new Uint8Array(11)],
    ] as const) {
      const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
      const ws = await connectWebSocket(memory);
      ws.send(fits);
      assert.equal(memory.last.messages.length, 1);
      ws.send(tooLong, "4late");
      assert.equal(memory.last.reason, "transport error");
      assert.equal((memory.last.end!.description as { code?: string }).code, "PAYLOAD_TOO_LARGE");
      assert.equal((ws.ended as { code: number }).code, 1009);
      assert.equal(memory.last.messages.length, 1);
      assert.deepEqual(memory.limitHits, ["maxHttpBufferSize"]);
    }
  });

  test("is closed with 1000 when it gets `1` (W17)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    ws.send("1", "4late");
    assert.equal(memory.last.reason, "transport close");
    assert.equal((ws.ended as { code: number }).code, 1000);
    assert.deepEqual(memory.last.messages, []);
  });

  test("is closed when it gets a ping (W15)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    ws.send("2");
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "invalid heartbeat direction");
    assert.deepEqual(ws.ended, { code: undefined, reason: undefined });
  });

  test("ends with transport close when the client closes it (W11, W12)", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    ws.close(4999);
    assert.deepEqual(memory.last.end, { reason: "transport close", description: undefined });
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("ends with transport error and the fault when the platform reports one", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    const fault = new Error("bad frame");
    ws.fail(fault);
    assert.deepEqual(memory.last.end, { reason: "transport error", description: fault });
  });

  test("ends at once when the server closes it, and hears nothing after that", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    memory.last.deliver("last words");
    memory.last.conn.close();
    memory.last.deliver("too late");
    ws.send("4late");
    await memory.host.settle();
    assert.equal(memory.last.reason, "forced close");
    assert.deepEqual(ws.take(), ["4last words"]);
    assert.deepEqual(memory.last.messages, []);
    assert.deepEqual(memory.last.late, []);
  });

  test("serves no GET, POST or second WebSocket under its id (U09)", async () => {
    const memory = new MemoryEngine();
    const { open } = await connectWebSocket(memory);
    for (const method of ["GET", "POST"]) {
      for (const transport of ["polling", "websocket"]) {
        const request = ask(memory, engineUrl({ transport, sid: open.sid }), { method });
        await memory.host.settle();
        assert.equal(request.status, 400);
        assert.deepEqual(request.error, { code: 3, message: "Bad request" });
      }
    }
    const thief = askUpgrade(memory, new MemoryWebSocket(memory.host), { sid: open.sid });
    await memory.host.settle();
    assert.equal(thief.status, 400);
    assert.equal(memory.last.end, undefined);
  });
});

describe("a flood of frames (P12)", () => {
  test("yields after maxPacketsPerTurn, and keeps the order", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 3 } });
    const ws = await connectWebSocket(memory);
    ws.send(...numbered(0, 8));
    assert.equal(memory.last.messages.length, 3);
    await memory.host.nextTurn();
    assert.equal(memory.last.messages.length, 6);
    ws.send(...numbered(8, 10));
    assert.equal(memory.last.messages.length, 6, "new input waits behind what waits already");
    await memory.host.settle();
    assert.deepEqual(memory.last.messages, numbered(0, 10).map((frame) => frame.slice(1)));
  });

  test("counts each turn anew", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 3 } });
    const ws = await connectWebSocket(memory);
    for (let turn = 0; turn < 4; turn++) {
      ws.send(...numbered(turn * 3, turn * 3 + 3));
      assert.equal(memory.last.messages.length, turn * 3 + 3);
      await memory.host.endTurn();
    }
  });

  test("is held back after turns that brought less, whatever they were", async () => {
    for (let before = 0; before < 6; before++) {
      const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 4 } });
      const ws = await connectWebSocket(memory);
      for (let turn = 0; turn < before; turn++) {
        ws.send(`4${turn}`);
        assert.equal(memory.last.messages.length, turn + 1, "one packet a turn waits for nothing");
        await memory.host.endTurn();
      }
      ws.send(...numbered(before, before + 10));
      const atOnce = memory.last.messages.length - before;
      assert.ok(atOnce >= 2 && atOnce <= 4, `${atOnce} at once after ${before} turns`);
      await memory.host.settle();
      assert.deepEqual(memory.last.messages, numbered(0, before + 10).map((frame) => frame.slice(1)));
    }
  });

  test("of one client does not hold up another", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 3 } });
    const [flooder, other] = [await connectWebSocket(memory), await connectWebSocket(memory)];
    flooder.send(...numbered(0, 100));
    other.send("4hi");
    assert.deepEqual(memory.sessions[1]!.messages, ["hi"]);
  });

  test("is handled to its end before the WebSocket's end is", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 3 } });
    const ws = await connectWebSocket(memory);
    ws.send(...numbered(0, 10));
    ws.close();
    assert.equal(memory.last.end, undefined);
    await memory.host.settle();
    assert.equal(memory.last.messages.length, 10);
    assert.equal(memory.last.reason, "transport close");
  });

  test("ends the session when more waits than maxBufferedBytes", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 1, maxBufferedBytes: 10 + 2 * 64 } });
    const ws = await connectWebSocket(memory);
    ws.send("4a", "412345678");
    assert.equal(memory.last.end, undefined);
    ws.send("4");
    ws.send("4");
    assert.equal(memory.last.reason, "transport error");
    assert.match(memory.last.description!, /limits\.maxBufferedBytes/);
    assert.deepEqual(memory.limitHits, ["maxBufferedBytes"]);
  });

  test("is not kept once the session has ended", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 1, maxBufferedBytes: 100 } });
    const ws = await connectWebSocket(memory);
    ws.send(...numbered(0, 10));
    assert.equal(memory.last.reason, "transport error");
    ws.send(...numbered(0, 1000));
    let turns = 0;
    while (await memory.host.nextTurn()) turns++;
    assert.ok(turns < 10, `what waited took ${turns} turns`);
    assert.deepEqual(memory.last.messages, ["0"]);
  });

  test("is not held against a client whose waiting input stays small", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 2, maxBufferedBytes: 3 * (2 + 64) } });
    const ws = await connectWebSocket(memory);
    ws.send("4a", "4b", "4c");
    for (let turn = 0; turn < 30; turn++) {
      ws.send("4d", "4e");
      await memory.host.nextTurn();
      assert.equal(memory.last.end, undefined, `one frame too many waits, in turn ${turn} as in the first`);
    }
  });
});

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, at) => `4${from + at}`);
}
