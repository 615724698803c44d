import assert from "node:assert/strict";
import { describe, test } from "#test";
import { MemoryHost } from "./host.ts";

describe("MemoryHost", () => {
  test("settle() runs promise jobs, then end-of-turn tasks, then each deferred task in a turn of its own", async () => {
    const host = new MemoryHost();
    const order: string[] = [];
    host.defer(() => {
      order.push("deferred");
      host.endOfTurn(() => order.push("end of second turn"));
      void Promise.resolve().then(() => order.push("job of second turn"));
    });
    host.defer(() => order.push("deferred too"));
    host.endOfTurn(() => order.push("end of turn"));
    void Promise.resolve().then(() => order.push("job"));
    await host.settle();
    assert.deepEqual(order, ["job", "end of turn", "deferred", "job of second turn", "end of second turn", "deferred too"]);
  });

  test("endTurn() leaves deferred tasks alone", async () => {
    const host = new MemoryHost();
    let ran = false;
    host.defer(() => (ran = true));
    await host.endTurn();
    assert.equal(ran, false);
    assert.equal(await host.nextTurn(), true);
    assert.equal(ran, true);
    assert.equal(await host.nextTurn(), false);
  });

  test("advance() ticks at each time that was asked for, with that time on the clock", async () => {
    const host = new MemoryHost();
    const start = host.now();
    const ticks: number[] = [];
    const tick = (now: number): void => {
      assert.equal(now, host.now());
      ticks.push(now - start);
      if (ticks.length < 3) host.wakeAt(now + 10, tick);
    };
    host.wakeAt(start + 50, tick);
    host.wakeAt(start + 5, tick);
    await host.advance(100);
    assert.deepEqual(ticks, [5, 15, 25]);
    assert.equal(host.now(), start + 100);
  });

  test("stall() lets time pass unseen, and ticks once, late", () => {
    const host = new MemoryHost();
    const start = host.now();
    const ticks: number[] = [];
    host.wakeAt(start + 10, (now) => ticks.push(now - start));
    host.stall(5);
    assert.deepEqual(ticks, []);
    host.stall(500);
    assert.deepEqual(ticks, [505]);
  });

  test("settle() throws what a deferred task throws, and when they never end", async () => {
    const host = new MemoryHost();
    host.defer(() => {
      throw new Error("on purpose");
    });
    await assert.rejects(host.settle(), /on purpose/);
  });

  test("random() repeats itself for the same seed alone", () => {
    const bytes = (seed: number): string => [...new MemoryHost({ seed }).random(15)].join();
    assert.equal(bytes(3), bytes(3));
    assert.notEqual(bytes(3), bytes(4));
  });
});
