import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, test } from "#test";
import fc from "fast-check";
import { TestEmitter } from "./test-emitter.ts";

describe("Emitter", () => {
  const names = ["a", "b", "newListener"] as const;
  type AddOrRemove = "on" | "once" | "prependListener" | "prependOnceListener" | "off";
  type Method = AddOrRemove | "removeAllListeners" | "emit";
  interface Step {
    method: Method;
    event: string;
    /** Which of the four listeners; 1 and 2 also remove one while they run. */
    which: number;
  }

  const step: fc.Arbitrary<Step> = fc.record({
    method: fc.constantFrom<Method>(
      "on",
      "once",
      "prependListener",
      "prependOnceListener",
      "off",
      "removeAllListeners",
      "emit",
      "emit",
    ),
    event: fc.constantFrom(...names),
    which: fc.nat(3),
  });

  type Listener = (...args: unknown[]) => void;

  /** What both kinds of emitter have. */
  type Subject = Record<AddOrRemove, (event: string, listener: Listener) => unknown> &
    Record<"listeners" | "rawListeners", (event: string) => object[]> & {
      removeAllListeners(event?: string): unknown;
      emit(event: string, ...args: unknown[]): boolean;
      listenerCount(event: string): number;
      eventNames(): unknown[];
    };

  /** Takes the steps and writes down all that can be seen from outside. */
  function trace(emitter: Subject, steps: readonly Step[]): unknown[] {
    const seen: unknown[] = [];
    const indexes = (list: readonly unknown[]) => list.map((each) => listeners.indexOf(unwrap(each)));
    const listeners: Listener[] = [0, 1, 2, 3].map((which) => (...args) => {
      seen.push(["called", which, args.filter((arg) => typeof arg !== "function"), indexes(args)]);
      if (which === 1) emitter.off("a", listeners[0]!);
      if (which === 2) emitter.off("b", listeners[2]!);
    });
    for (const { method, event, which } of steps) {
      if (method === "emit") seen.push(emitter.emit(event, which));
      else if (method === "removeAllListeners") emitter.removeAllListeners(...(which === 0 ? [] : [event]));
      else assert.equal(emitter[method](event, listeners[which]!), emitter);
      for (const name of names) {
        const raw = emitter.rawListeners(name);
        const wrapped = raw.map((each) => "listener" in each);
        seen.push([name, indexes(emitter.listeners(name)), indexes(raw), wrapped, emitter.listenerCount(name)]);
      }
      seen.push(new Set(emitter.eventNames()));
    }
    return seen;
  }

  function unwrap(listener: unknown): Listener {
    return ((listener as { listener?: unknown }).listener ?? listener) as Listener;
  }

  test("Emitter does what Node's EventEmitter does when taken through any steps", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const emitter = new TestEmitter();
        assert.deepEqual(trace(emitter, steps), trace(new EventEmitter(), steps));
        assert.deepEqual(emitter.errors, []);
      }),
      { numRuns: 2000 },
    );
  });
});
