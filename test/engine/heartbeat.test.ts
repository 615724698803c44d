import assert from "node:assert/strict";
import { describe, test } from "#test";
import { type Beating, Heartbeat, type Pulse } from "../../src/engine/heartbeat.ts";
import { Deadline, Schedule } from "../../src/schedule.ts";
import { connectPolling, connectWebSocket } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { MemoryHost } from "../memory/host.ts";

const options = { pingInterval: 1000, pingTimeout: 400 };

describe("the heartbeat (W-42)", () => {
  test("pings each pingInterval, counted from when it was due", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(999);
    assert.deepEqual(ws.take(), []);
    for (let beat = 0; beat < 5; beat++) {
      await memory.host.advance(1);
      assert.deepEqual(ws.take(), ["2"]);
      await memory.host.advance(300);
      ws.send("3");
      await memory.host.advance(699);
      assert.deepEqual(ws.take(), [], "the answer's delay does not shift the beat");
    }
  });

  test("does not drift when a tick comes late", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    memory.host.stall(1050);
    assert.deepEqual(ws.take(), ["2"]);
    ws.send("3");
    await memory.host.advance(949);
    assert.deepEqual(ws.take(), []);
    await memory.host.advance(1);
    assert.deepEqual(ws.take(), ["2"], "2000 after the start");
  });

  test("comes with the default times", async () => {
    const memory = new MemoryEngine();
    const ws = await connectWebSocket(memory);
    await memory.host.advance(24_999);
    assert.deepEqual(ws.take(), []);
    await memory.host.advance(20_000);
    assert.deepEqual(ws.take(), ["2"]);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("ends a session that does not answer, at pingInterval + pingTimeout (W33, H47)", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.advance(1000);
    assert.equal(poll.body, "2");
    await memory.host.advance(399);
    assert.equal(memory.engine.clientsCount, 2);
    await memory.host.advance(1);
    assert.deepEqual(memory.sessions.map(({ reason }) => reason), ["ping timeout", "ping timeout"]);
    assert.ok(ws.ended !== undefined);
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("tells a waiting GET of the end", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    assert.deepEqual(await pollFor(memory, client, 1000), "2");
    assert.deepEqual(await pollFor(memory, client, 400), "1");
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("is answered over POST", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    for (let beat = 0; beat < 5; beat++) {
      assert.equal(await pollFor(memory, client, 1000), "2");
      await client.send("3");
    }
    assert.equal(memory.last.end, undefined);
  });

  test("puts the deadline off once when other data comes instead of the pong (W34)", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1300);
    ws.send("4hi");
    await memory.host.advance(399);
    ws.send("4again");
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("takes the pong also after such a delay, and goes on", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1300);
    ws.send("4hi");
    await memory.host.advance(350);
    ws.send("3");
    ws.take();
    await memory.host.advance(1000);
    assert.deepEqual(ws.take(), ["2"]);
    await memory.host.advance(400);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("is not disturbed by data or pongs while no ping is outstanding (P08)", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    for (let time = 0; time < 9; time++) {
      await memory.host.advance(100);
      ws.send("4hi", "3");
    }
    await memory.host.advance(99);
    assert.deepEqual(ws.take(), []);
    await memory.host.advance(1);
    assert.deepEqual(ws.take(), ["2"]);
  });

  test("goes on across an upgrade", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    await memory.host.advance(900);
    const ws = await client.upgrade();
    await memory.host.advance(100);
    assert.deepEqual(ws.take(), ["2"]);
    await memory.host.advance(400);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("moves an unanswered ping to the WebSocket, with the queue, when the client switches", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    await memory.host.advance(1000);
    const ws = await client.upgrade();
    assert.deepEqual(ws.take(), ["2"]);
    ws.send("3");
    await memory.host.advance(999);
    assert.equal(memory.last.end, undefined);
  });

  test("tells `heartbeat` of each pong", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    let beats = 0;
    memory.last.conn.on("heartbeat", () => void beats++);
    await memory.host.advance(1000);
    ws.send("3");
    assert.equal(beats, 1);
  });

  test("leaves nothing behind when the session has ended", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    ws.close();
    await memory.host.advance(10_000);
    assert.equal(memory.host.nextWakeUp, undefined);
  });

  test("keeps one wake-up for many sessions", async () => {
    const memory = new MemoryEngine(options);
    for (let count = 0; count < 20; count++) await connectWebSocket(memory);
    assert.equal(memory.host.wakeUps.length, 1);
  });
});

describe("data instead of the pong", () => {
  /** Time passes, with the tick that is due; then comes input that has waited in the platform. */
  async function waitWith(memory: MemoryEngine, milliseconds: number, input: () => void): Promise<void> {
    memory.host.stall(milliseconds);
    input();
    await memory.host.advance(0);
  }

  test("puts the end off by one pingTimeout, even if each deadline finds some that waits", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    const start = memory.host.now();
    while (memory.last.end === undefined && memory.host.now() < start + 10_000) await waitWith(memory, 20, () => ws.send("4hi"));
    assert.equal(memory.last.reason, "ping timeout");
    const lived = memory.host.now() - start;
    assert.ok(lived >= 1400 && lived <= 1460, String(lived));
  });

  test("puts it off by no more where more comes than a turn may handle", async () => {
    const memory = new MemoryEngine({ ...options, limits: { maxPacketsPerTurn: 1 } });
    const ws = await connectWebSocket(memory);
    const start = memory.host.now();
    ws.send("4a", "4b", "4c", "4d", "4e");
    while (memory.last.end === undefined && memory.host.now() < start + 10_000) {
      memory.host.stall(20);
      ws.send("4hi");
      await memory.host.nextTurn();
    }
    assert.equal(memory.last.reason, "ping timeout");
    assert.ok(memory.host.now() - start <= 1900, String(memory.host.now() - start));
  });

  test("puts it off for as long as the process stands still again and again", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1000);
    for (let standstill = 0; standstill < 4; standstill++) await waitWith(memory, 401, () => ws.send("4hi", "4hi"));
    assert.equal(memory.last.end, undefined);
    ws.take();
    ws.send("3");
    await memory.host.advance(399);
    assert.deepEqual([ws.take(), memory.last.end], [["2"], undefined]);
  });
});

describe("the heartbeat after a standstill (G42, I20)", () => {
  test("spares a client whose pong waits", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1000);
    memory.host.stall(60_000);
    assert.equal(memory.last.end, undefined);
    ws.send("3");
    await memory.host.settle();
    assert.equal(memory.last.end, undefined);
  });

  test("spares a client whose pong waits, however short the standstill was", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1000);
    memory.host.stall(options.pingTimeout + 1);
    ws.send("3");
    await memory.host.advance(0);
    assert.equal(memory.last.end, undefined);
  });

  test("spares a client whose other data waits", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1000);
    memory.host.stall(60_000);
    ws.send("4hi");
    await memory.host.advance(399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("spares a client whose other data waits, also when such data has put the deadline off before", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    await memory.host.advance(1000);
    ws.send("4hi");
    memory.host.stall(options.pingTimeout + 1);
    ws.send("4again");
    await memory.host.advance(399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("spares a client whose GET waits, which is to bring it the very ping that is due", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    await memory.host.advance(1000);
    memory.host.stall(60_000);
    const poll = client.poll();
    await memory.host.advance(0);
    assert.deepEqual([poll.body, memory.last.end], ["2", undefined]);
    await memory.host.advance(399);
    assert.equal(memory.last.end, undefined);
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("spares a client that holds its pong back until it may switch, where the standstill was its GET's", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    const ping = client.poll();
    await memory.host.advance(1000);
    assert.equal(ping.body, "2");
    const ws = await client.probe();
    ws.send("2probe");
    await memory.host.endTurn();
    const noop = client.poll();
    memory.host.stall(options.pingTimeout + 1);
    await memory.host.advance(0);
    assert.deepEqual([noop.body, memory.last.end], ["6", undefined]);
    ws.send("5", "3");
    await memory.host.advance(500);
    assert.equal(memory.last.end, undefined);
  });

  test("a GET alone does not put the end off", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.advance(1000);
    assert.equal(poll.body, "2");
    void client.poll();
    await memory.host.advance(400);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("ends a client that has nothing to say", async () => {
    const memory = new MemoryEngine(options);
    await connectWebSocket(memory);
    await memory.host.advance(1000);
    memory.host.stall(60_000);
    await memory.host.advance(0);
    assert.equal(memory.last.reason, "ping timeout");
  });

  test("gives a client that was not pinged in time its whole pingTimeout", async () => {
    const memory = new MemoryEngine(options);
    const ws = await connectWebSocket(memory);
    memory.host.stall(60_000);
    await memory.host.settle();
    assert.deepEqual(ws.take(), ["2"]);
    await memory.host.advance(399);
    assert.equal(memory.last.end, undefined);
    ws.send("3");
    await memory.host.advance(1000);
    assert.deepEqual(ws.take(), ["2"]);
  });

  test("spares a polling client whose POST waits", async () => {
    const memory = new MemoryEngine(options);
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.advance(1000);
    assert.equal(poll.body, "2");
    memory.host.stall(60_000);
    await client.send("3");
    assert.equal(memory.last.end, undefined);
  });
});

async function pollFor(memory: MemoryEngine, client: Awaited<ReturnType<typeof connectPolling>>, time: number): Promise<string> {
  const poll = client.poll();
  await memory.host.advance(time);
  return poll.body;
}

describe("the heartbeat where the platform takes the pongs", () => {
  /** What was sent and when, of a session that starts at 5000. */
  class Sleeper implements Beating {
    readonly heartbeat: Deadline<Beating> = new Deadline<Beating>(this);
    readonly told: string[] = [];
    readonly host = new MemoryHost();
    readonly beats: Heartbeat;
    pulse: Pulse = "idle";
    pingedAt = 0;
    grace = 0;
    heardAt = 0;
    lastPong: number | undefined = 0;

    constructor(rhythm: { pingInterval: number; pingTimeout: number }) {
      this.beats = new Heartbeat(new Schedule(this.host), () => rhythm, true);
      this.beats.start(this);
    }

    sendPing(): void {
      this.told.push(`ping at ${this.host.now()}`);
    }

    pingTimedOut(): void {
      this.told.push(`the end at ${this.host.now()}`);
    }
  }

  test("looks at each pong when the next ping is due", async () => {
    const session = new Sleeper({ pingInterval: 1000, pingTimeout: 400 });
    await session.host.advance(1000);
    session.lastPong = session.host.now() + 10;
    await session.host.advance(1000);
    assert.deepEqual(session.told, ["ping at 6000", "ping at 7000"]);
    await session.host.advance(1000);
    assert.deepEqual(session.told.slice(2), ["the end at 8000"]);
  });

  test("looks at the pong of a ping that went out before an upgrade, too", async () => {
    const session = new Sleeper({ pingInterval: 1000, pingTimeout: 2500 });
    session.lastPong = undefined;
    await session.host.advance(1200);
    session.lastPong = session.host.now();
    session.beats.upgraded(session);
    await session.host.advance(800);
    assert.deepEqual(session.told, ["ping at 6000", "ping at 7000"]);
  });

  test("pings again while the pong may still come: the ping may have been lost with the memory", async () => {
    const session = new Sleeper({ pingInterval: 1000, pingTimeout: 2500 });
    await session.host.advance(2000);
    assert.deepEqual(session.told, ["ping at 6000", "ping at 7000"]);
    session.lastPong = session.host.now() + 10;
    await session.host.advance(1000);
    assert.deepEqual(session.told.slice(2), ["ping at 8000"]);
    await session.host.advance(2499);
    assert.deepEqual(session.told.slice(3), ["ping at 9000", "ping at 10000"], "which does not put the deadline off");
    await session.host.advance(1);
    assert.deepEqual(session.told.slice(5), ["the end at 10500"]);
  });
});
