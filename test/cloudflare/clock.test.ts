import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { type AlarmStorage, Clock } from "../../runtimes/cloudflare/clock.ts";

const APP = "omnisocket:alarm:";

/** Storage with one alarm, which the test rings. */
class FakeStorage implements AlarmStorage {
  readonly values = new Map<string, number>();
  alarm: number | null = null;

  list(): Promise<Map<string, number>> {
    return Promise.resolve(new Map(this.values));
  }

  async put(key: string, value: number): Promise<void> {
    this.values.set(key, value);
  }

  async delete(key: string): Promise<void> {
    this.values.delete(key);
  }

  getAlarm(): Promise<number | null> {
    return Promise.resolve(this.alarm);
  }

  async setAlarm(time: number): Promise<void> {
    // As workerd does: its own bound is that of nanoseconds in 64 bits.
    if (!(time > 0)) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
    if (time > 2 ** 63 / 1e6) throw new TypeError("This API doesn't support dates after 2189.");
    this.alarm = time;
  }
}

function clockOn(storage: FakeStorage, fire: (key: string) => unknown = () => {}): Clock {
  return new Clock(storage, fire, (error) => assert.fail(String(error)));
}

describe("the one alarm of an object", () => {
  test("is not put off by the core before the app's alarms are known", async () => {
    const storage = new FakeStorage();
    const soon = Date.now() + 10_000;
    storage.values.set(`${APP}app`, soon);
    storage.alarm = soon;
    const clock = clockOn(storage);
    clock.wakeAt(Date.now() + 100_000, () => {}, true);
    await clock.load();
    assert.equal(storage.alarm, soon);
  });

  test("may be as far away as a date can be, also after a sleep", async () => {
    const storage = new FakeStorage();
    await clockOn(storage).schedule(8.64e15, "never");
    const clock = clockOn(storage);
    await clock.load();
    const soon = Date.now() + 10_000;
    await clock.schedule(soon, "soon");
    assert.equal(storage.alarm, soon);
  });

  test("does not keep the core from its deadlines while the app takes its time", async () => {
    const storage = new FakeStorage();
    let finish = (): void => {};
    const clock = clockOn(storage, () => new Promise<void>((resolve) => (finish = resolve)));
    await clock.schedule(Date.now() - 1, "slow");
    const ringing = clock.ring();
    const times: number[] = [];
    await new Promise<void>((resolve) => {
      const tick = (now: number): void => {
        times.push(now);
        if (times.length === 3) resolve();
        else clock.wakeAt(now + 5, tick, true);
      };
      clock.wakeAt(Date.now() + 5, tick, true);
    });
    // What is still due is the alarm's again.
    clock.wakeAt(Date.now() + 50_000, () => assert.fail("rung by a timer"), true);
    finish();
    await ringing;
    assert.ok(storage.alarm! > Date.now() + 40_000);
  });

  test("is the core's again where the storage has failed meanwhile", async () => {
    const storage = new FakeStorage();
    const clock = clockOn(storage);
    await clock.schedule(Date.now() - 1, "app");
    storage.delete = () => Promise.reject(new Error("busy"));
    await assert.rejects(clock.ring(), /busy/);
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    clock.wakeAt(Date.now() + 10_000, () => {}, true);
    assert.equal(timers(), before);
  });

  test("takes no time that is none, and goes on", async () => {
    const storage = new FakeStorage();
    const clock = clockOn(storage);
    for (const time of [0, -1, Number.NaN, Infinity, 9e15]) {
      await assert.rejects(clock.schedule(time, "app"), { name: "TypeError", message: `Cannot schedule "app": expected milliseconds since the Unix epoch, got ${time}` });
    }
    assert.equal(storage.values.size, 0);
    const due = Date.now() + 1000;
    clock.wakeAt(due, () => {}, true);
    assert.equal(storage.alarm, due);
  });
});
