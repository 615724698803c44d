import assert from "node:assert/strict";
import { array, assert as check, asyncProperty, boolean, constant, integer, oneof, record } from "fast-check";
import { describe, test } from "#test";
import { Deadline, type DeadlineQueue, Schedule, type Timer } from "../src/schedule.ts";
import { MemoryHost } from "./memory/host.ts";

/** A process that goes while it is idle. */
class SleepyHost extends MemoryHost {
  readonly sleeps = true;
  /** What was asked for last. */
  asked: { readonly time: number; readonly maySleep: boolean } | undefined;

  override wakeAt(time: number, tick: (now: number) => void, maySleep = false): void {
    this.asked = { time, maySleep };
    super.wakeAt(time, tick);
  }
}

interface World {
  readonly host: MemoryHost;
  readonly schedule: Schedule;
  /** What fired, and when, counted from the start. */
  readonly fired: [name: string, at: number][];
  readonly queue: DeadlineQueue<string>;
  note(name: string): void;
}

function createWorld(): World {
  const host = new MemoryHost();
  const schedule = new Schedule(host);
  const start = host.now();
  const fired: World["fired"] = [];
  const note = (name: string): void => void fired.push([name, host.now() - start]);
  return { host, schedule, fired, note, queue: schedule.queue(note) };
}

describe("Schedule", () => {
  test("after() fires once, at its time, when time passes", async () => {
    const { host, schedule, fired, note } = createWorld();
    schedule.after(100, () => note("a"));
    await host.advance(99);
    assert.deepEqual(fired, []);
    await host.advance(1000);
    assert.deepEqual(fired, [["a", 100]]);
  });

  test("after() fires nothing when it was cancelled, also from what fires at the same time", async () => {
    const { host, schedule, fired, note } = createWorld();
    const early = schedule.after(100, () => note("early"));
    early.cancel();
    early.cancel();
    const pair: Timer[] = ["a", "b"].map((name) =>
      schedule.after(50, () => {
        note(name);
        for (const timer of pair) timer.cancel();
      }),
    );
    await host.advance(1000);
    assert.equal(fired.length, 1);
  });

  test("after() fires what was added while firing, in a later tick", async () => {
    const { host, schedule, fired, note } = createWorld();
    schedule.after(10, () => {
      note("first");
      schedule.after(10, () => note("second"));
    });
    await host.advance(100);
    assert.deepEqual(fired, [["first", 10], ["second", 20]]);
  });

  test("queue() fires each owner in the order of due times, and equal ones in the order added", async () => {
    const { host, schedule, queue, fired } = createWorld();
    const add = (name: string, delay: number): void => queue.add(new Deadline(name), schedule.now() + delay);
    add("b", 20);
    add("d", 30);
    add("a", 10);
    add("c", 20);
    await host.advance(100);
    assert.deepEqual(fired, [["a", 10], ["b", 20], ["c", 20], ["d", 30]]);
    assert.equal(queue.first, undefined);
  });

  test("queue() hands over the due time when it fires late", async () => {
    const { host, schedule } = createWorld();
    const due: number[] = [];
    const queue = schedule.queue((_owner: string, time) => due.push(time));
    const deadline = new Deadline("a");
    queue.add(deadline, host.now() + 100);
    const expected = deadline.due;
    host.stall(200);
    assert.deepEqual(due, [expected]);
  });

  test("add() moves a deadline when it is in another queue, or in this one", async () => {
    const { host, schedule, queue, note, fired } = createWorld();
    const other = schedule.queue((name: string) => note(`${name} of the other`));
    const deadline = new Deadline("a");
    queue.add(deadline, schedule.now() + 10);
    queue.add(deadline, schedule.now() + 20);
    other.add(deadline, schedule.now() + 30);
    assert.equal(queue.first, undefined);
    await host.advance(100);
    assert.deepEqual(fired, [["a of the other", 30]]);
  });

  test("add() far from the end costs hardly more where more are there (G10)", () => {
    for (const count of [1000, 16_000]) {
      const { schedule, queue } = createWorld();
      const looks = { count: 0 };
      for (let added = 0; added < count; added++) queue.add(watched(looks), schedule.now() + 1000 + added);
      looks.count = 0;
      const late = Array.from({ length: count }, () => watched(looks));
      for (const [index, deadline] of late.entries()) queue.add(deadline, schedule.now() + ((index * 7919) % 1000));
      for (const deadline of late) deadline.cancel();
      assert.ok(looks.count / count < 150, `${looks.count / count} looks at others for each of ${count}`);
    }
  });

  test("queue() fires in the order of due times what was added far from its end, and moved", async () => {
    const { host, schedule, queue, fired } = createWorld();
    const deadlines = Array.from({ length: 100 }, (_, index) => new Deadline(String(index)));
    for (const deadline of deadlines) queue.add(deadline, schedule.now() + 200);
    const late = deadlines.filter((_, index) => index % 3 === 0);
    for (const [index, deadline] of late.entries()) queue.add(deadline, schedule.now() + 100 - index);
    for (const deadline of late.slice(0, 10)) queue.add(deadline, schedule.now() + 300);
    for (const deadline of late.slice(10, 20)) deadline.cancel();
    await host.advance(100);
    assert.deepEqual(fired, late.slice(20).map((deadline, index) => [deadline.owner, 80 - index] as const).toReversed());
    await host.advance(300);
    assert.deepEqual([fired.length, fired.at(-1)?.[1], queue.first], [90, 300, undefined]);
  });

  test("cancel() of a deadline does nothing when it is in no queue", () => {
    new Deadline("a").cancel();
  });

  test("a wake-up is asked for only when it comes before the one asked for last", async () => {
    const { host, schedule } = createWorld();
    const start = host.now();
    const asked = (): number[] => host.wakeUps.splice(0).map((time) => time - start);
    schedule.after(100, () => {});
    schedule.after(200, () => {});
    schedule.after(100, () => {});
    assert.deepEqual(asked(), [100]);
    schedule.after(50, () => {});
    assert.deepEqual(asked(), [50]);
    await host.advance(60);
    assert.deepEqual(asked(), [100]);
    await host.advance(200);
    assert.deepEqual(asked(), [200]);
    assert.equal(host.nextWakeUp, undefined, "nothing left, so nothing asked for");
  });

  test("a queue asks for a wake-up when its first deadline changes, and for its next when one fired", async () => {
    const { host, queue } = createWorld();
    const start = host.now();
    for (const delay of [100, 200, 50]) queue.add(new Deadline(String(delay)), start + delay);
    assert.deepEqual(host.wakeUps.splice(0), [start + 100, start + 50]);
    await host.advance(100);
    assert.deepEqual(host.wakeUps.splice(0), [start + 100, start + 200]);
  });

  test("a process that may sleep again once its last timer has fired is told so", async () => {
    const host = new SleepyHost();
    const schedule = new Schedule(host);
    const start = host.now();
    const deadline = new Deadline("beat");
    const queue: DeadlineQueue<string> = schedule.queue(() => queue.add(deadline, start + 100));
    queue.add(deadline, start + 10);
    schedule.after(10, () => {});
    assert.deepEqual(host.asked, { time: start + 10, maySleep: false });
    await host.advance(50);
    assert.deepEqual(host.asked, { time: start + 100, maySleep: true });
  });

  test("a tick that comes over a tenth of a second late lets input go first (G42)", async () => {
    const { host, schedule, queue, fired, note } = createWorld();
    queue.add(new Deadline("deadline"), schedule.now() + 100);
    schedule.after(100, () => note("timer"));
    host.stall(201);
    assert.equal(fired.length, 0, "nobody is judged before the platform had its turn");
    note("input");
    await host.settle();
    assert.deepEqual(fired.map(([name]) => name), ["input", "deadline", "timer"]);
  });

  test("a tick that comes late spares what input has cancelled (G42)", async () => {
    const { host, schedule, queue, fired } = createWorld();
    const deadline = new Deadline("a");
    queue.add(deadline, schedule.now() + 100);
    host.stall(60_000);
    deadline.cancel();
    await host.advance(60_000);
    assert.deepEqual(fired, []);
  });

  test("a tick up to a tenth of a second late fires at once", () => {
    const { host, schedule, fired, note } = createWorld();
    schedule.after(100, () => note("timer"));
    host.stall(200);
    assert.deepEqual(fired, [["timer", 200]]);
  });

  test("what is added between a late tick and its judgement is kept", async () => {
    const { host, schedule, fired, note } = createWorld();
    schedule.after(100, () => note("old"));
    host.stall(5000);
    schedule.after(10, () => note("new"));
    await host.advance(100);
    assert.deepEqual(fired, [["old", 5000], ["new", 5010]]);
    assert.equal(host.nextWakeUp, undefined);
  });

  test("timers fire in order when many are cancelled among many", async () => {
    const timers = array(record({ delay: integer({ min: 1, max: 900 }), stays: boolean() }), { minLength: 20, maxLength: 60 });
    await check(
      asyncProperty(timers, async (plan) => {
        const { host, schedule, fired, note } = createWorld();
        const made = plan.map(({ delay }) => schedule.after(delay, () => note(String(delay))));
        for (const [at, { stays }] of plan.entries()) if (!stays) made[at]!.cancel();
        host.stall(900);
        await host.settle();
        const delays = plan.filter(({ stays }) => stays).map(({ delay }) => delay);
        assert.deepEqual(fired.map(([name]) => Number(name)), delays.sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  test("timers and deadlines fire once each, in order, unless cancelled, whatever happens", async () => {
    const steps = array(
      oneof(
        record({ do: constant("timer" as const), delay: integer({ min: 0, max: 500 }) }),
        record({ do: constant("deadline" as const), delay: integer({ min: 0, max: 500 }) }),
        record({ do: constant("cancel" as const), which: integer({ min: 0, max: 1000 }) }),
        record({ do: constant("move" as const), which: integer({ min: 0, max: 1000 }), delay: integer({ min: 0, max: 500 }) }),
        record({ do: constant("pass" as const), delay: integer({ min: 1, max: 900 }) }),
      ),
      { maxLength: 60 },
    );
    await check(asyncProperty(steps, (plan) => checkPlan(plan)), { numRuns: 300 });
  });
});

/** A deadline that counts how often its due time is looked at. */
function watched(looks: { count: number }): Deadline<string> {
  const deadline = new Deadline("watched");
  let due = 0;
  return Object.defineProperty(deadline, "due", {
    get: () => {
      looks.count += 1;
      return due;
    },
    set: (value: number) => {
      due = value;
    },
  });
}

type Step =
  | { readonly do: "timer" | "deadline" | "pass"; readonly delay: number }
  | { readonly do: "cancel"; readonly which: number }
  | { readonly do: "move"; readonly which: number; readonly delay: number };

/** Something that is to fire, in the model: a plain list. */
interface Entry {
  due: number;
  live: boolean;
  readonly cancel: () => void;
  deadline: Deadline<Entry> | undefined;
}

/** Runs a plan next to a model of it, and compares what fired. */
async function checkPlan(plan: readonly Step[]): Promise<void> {
  const host = new MemoryHost();
  const schedule = new Schedule(host);
  const entries: Entry[] = [];
  const fire = (entry: Entry): void => {
    assert.ok(entry.live, "fired twice, or after it was cancelled");
    assert.ok(entry.due <= host.now(), "fired early");
    entry.live = false;
    recorded.push(entry);
  };
  const recorded: Entry[] = [];
  const queue = schedule.queue(fire);
  const pass = async (delay: number): Promise<void> => {
    const expected = entries.filter((it) => it.live && it.due <= host.now() + delay);
    host.stall(delay);
    await host.settle();
    const fired = recorded.splice(0);
    assert.equal(fired.length, expected.length);
    assert.ok(expected.every((it) => fired.includes(it)), "something due did not fire");
    for (const kind of [fired.filter((it) => it.deadline), fired.filter((it) => !it.deadline)]) assertOrdered(kind);
    const next = Math.min(...entries.filter((it) => it.live).map((it) => it.due));
    if (next !== Infinity) assert.ok(host.nextWakeUp! <= next, "nobody asked for the next tick");
  };
  for (const step of plan) {
    if (step.do === "pass") await pass(step.delay);
    else if (step.do === "cancel" || step.do === "move") change(entries[step.which % entries.length], step, queue, schedule);
    else entries.push(addEntry(step.do, schedule.now() + step.delay, schedule, queue, fire));
  }
  await pass(1000);
  await pass(1000);
  assert.ok(entries.every((it) => !it.live), "something is left over");
  assert.equal(queue.first, undefined);
  assert.equal(host.nextWakeUp, undefined);
}

function addEntry(
  kind: "timer" | "deadline",
  due: number,
  schedule: Schedule,
  queue: DeadlineQueue<Entry>,
  fire: (entry: Entry) => void,
): Entry {
  if (kind === "timer") {
    const timer = schedule.after(due - schedule.now(), () => fire(entry));
    const entry: Entry = { due, live: true, cancel: () => timer.cancel(), deadline: undefined };
    return entry;
  }
  const entry: Entry = { due, live: true, cancel: () => entry.deadline!.cancel(), deadline: undefined };
  entry.deadline = new Deadline(entry);
  queue.add(entry.deadline, due);
  return entry;
}

function change(entry: Entry | undefined, step: Step, queue: DeadlineQueue<Entry>, schedule: Schedule): void {
  if (entry === undefined) return;
  if (step.do === "cancel") {
    entry.cancel();
    entry.live = false;
  } else if (step.do === "move" && entry.deadline !== undefined) {
    entry.due = schedule.now() + step.delay;
    entry.live = true;
    queue.add(entry.deadline, entry.due);
  }
}

function assertOrdered(entries: readonly Entry[]): void {
  for (const [at, entry] of entries.entries()) if (at > 0) assert.ok(entries[at - 1]!.due <= entry.due, "out of order");
}
