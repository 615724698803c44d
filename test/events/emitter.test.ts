import assert from "node:assert/strict";
import { type EventEmitter, once } from "node:events";
import { describe, test } from "#test";
import { Emitter } from "../../src/events/emitter.ts";
import { TestEmitter } from "./test-emitter.ts";

/** What the listeners have been called with. */
function recorder() {
  const calls: unknown[][] = [];
  const record =
    (name: string) =>
    (...args: unknown[]) =>
      calls.push([name, ...args]);
  return { calls, record };
}

describe("dispatch()", () => {
  test("dispatch() calls the listeners in order, with the arguments and this, when there are some", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    const receivers: unknown[] = [];
    emitter.on("a", record("first")).on("a", record("second"));
    emitter.on("a", function (this: unknown) {
      receivers.push(this);
    });
    assert.equal(emitter.emit("a", 1, "x"), true);
    assert.deepEqual(calls, [
      ["first", 1, "x"],
      ["second", 1, "x"],
    ]);
    assert.equal(receivers[0], emitter);
  });

  test("dispatch() returns false when nobody listens", () => {
    const emitter = new TestEmitter();
    assert.equal(emitter.emit("a"), false);
    emitter.on("b", () => {});
    assert.equal(emitter.emit("a"), false);
    for (const name of ["__proto__", "constructor", "toString", ""]) assert.equal(emitter.emit(name), false);
  });

  test("dispatch() calls the listeners there were when one removes another", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    const second = record("second");
    emitter.on("a", () => emitter.off("a", second));
    emitter.on("a", second);
    emitter.emit("a");
    assert.equal(calls.length, 1);
    emitter.emit("a");
    assert.equal(calls.length, 1);
  });

  test("dispatch() does not call a listener when it was added meanwhile", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    emitter.once("a", () => emitter.on("a", record("late")).prependListener("a", record("early")));
    emitter.emit("a");
    assert.deepEqual(calls, []);
    emitter.emit("a");
    assert.deepEqual(calls, [["early"], ["late"]]);
  });

  test("dispatch() may be called again when a listener does so", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    emitter.once("a", () => emitter.emit("a", "inner"));
    emitter.on("a", record("second"));
    emitter.emit("a", "outer");
    assert.deepEqual(calls, [
      ["second", "inner"],
      ["second", "outer"],
    ]);
  });
});

describe("onListenerError()", () => {
  test("onListenerError() gets what a listener threw, and the others run, when one throws", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    const error = new Error("no");
    emitter.on("a", () => {
      throw error;
    });
    emitter.on("a", record("second"));
    assert.equal(emitter.emit("a"), true);
    assert.deepEqual(emitter.errors, [[error, "a"]]);
    assert.equal(calls.length, 1);
  });

  test("onListenerError() gets what a listener rejected with when it is async", async () => {
    const emitter = new TestEmitter();
    const error = new Error("no");
    emitter.on("a", async () => {
      throw error;
    });
    emitter.once("a", async () => {
      throw error;
    });
    emitter.emit("a");
    assert.deepEqual(emitter.errors, [], "not yet");
    await Promise.resolve();
    assert.deepEqual(emitter.errors, [
      [error, "a"],
      [error, "a"],
    ]);
  });

  test("onListenerError() gets the reason when a listener returns any thenable", () => {
    const emitter = new TestEmitter();
    // oxlint-disable-next-line unicorn/no-thenable
    const withThen = (then: PropertyDescriptor) => Object.defineProperty({}, "then", then);
    const getThen = () => {
      throw new Error("getter");
    };
    emitter.on("a", () => withThen({ value: (_done: unknown, fail: (reason: string) => void) => fail("reason") }));
    emitter.on("a", () => withThen({ get: getThen }));
    emitter.on("a", () => withThen({ value: "not a function" }));
    emitter.on("a", () => null);
    emitter.emit("a");
    assert.deepEqual(
      emitter.errors.map(([error]) => String(error)),
      ["reason", "Error: getter"],
    );
  });

  test("onListenerError() rejects a promise that nobody handles when it is not overridden", async () => {
    class Plain extends Emitter {
      emit(event: string): boolean {
        return this.dispatch(event, []);
      }
    }
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      const rejection = once(process, "unhandledRejection");
      const error = new Error("no");
      const emitter = new Plain().on("a", () => {
        throw error;
      });
      assert.equal(emitter.emit("a"), true);
      assert.equal((await rejection)[0], error);
    } finally {
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  });
});

describe("once()", () => {
  test("once() calls the listener once when the event comes twice", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    emitter.once("a", record("once"));
    emitter.emit("a", 1);
    emitter.emit("a", 2);
    assert.deepEqual(calls, [["once", 1]]);
    assert.equal(emitter.hasListeners("a"), false);
  });

  test("once() calls the listener once when it makes the same event come again", () => {
    const emitter = new TestEmitter();
    let count = 0;
    emitter.once("a", () => {
      count++;
      emitter.emit("a");
    });
    emitter.emit("a");
    assert.equal(count, 1);
  });

  test("once() calls the listener once when one before it makes the same event come again", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    emitter.once("a", () => emitter.emit("a", "inner"));
    emitter.once("a", record("second"));
    emitter.emit("a", "outer");
    assert.deepEqual(calls, [["second", "inner"]]);
  });

  test("once() keeps this and contains a throw when the listener throws", () => {
    const emitter = new TestEmitter();
    emitter.once("a", function (this: unknown) {
      throw this;
    });
    emitter.emit("a");
    assert.deepEqual(emitter.errors, [[emitter, "a"]]);
  });

  test("once() works with events.once() of Node when awaited", async () => {
    const emitter = new TestEmitter();
    const coming = once(emitter as unknown as EventEmitter, "a");
    emitter.emit("a", 1, 2);
    assert.deepEqual(await coming, [1, 2]);
  });
});

describe("on()", () => {
  for (const method of ["on", "once", "addListener", "prependListener", "prependOnceListener"] as const) {
    test(`${method}() throws when given no function`, () => {
      const emitter = new TestEmitter();
      for (const wrong of [undefined, null, "a", {}]) {
        assert.throws(() => emitter[method]("a", wrong as never), TypeError);
      }
      assert.equal(emitter.hasListeners("a"), false);
    });
  }
});

describe("hasListeners()", () => {
  test("hasListeners() tells whether there is one when listeners come and go", () => {
    const emitter = new TestEmitter();
    const listener = () => {};
    assert.equal(emitter.hasListeners("a"), false);
    emitter.on("a", listener);
    assert.equal(emitter.hasListeners("a"), true);
    assert.equal(emitter.hasListeners("b"), false);
    emitter.off("a", listener);
    assert.equal(emitter.hasListeners("a"), false);
  });
});

describe("setMaxListeners()", () => {
  test("setMaxListeners() does nothing when called, since there is no maximum", () => {
    const emitter = new TestEmitter();
    assert.equal(emitter.setMaxListeners(1), emitter);
    assert.equal(emitter.getMaxListeners(), 0);
    for (let count = 0; count < 20; count++) emitter.on("a", () => {});
    assert.equal(emitter.listenerCount("a"), 20);
  });
});

describe("Emitter", () => {
  test("Emitter tells removeListener of the listener as it was given when it is gone", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    const [first, second] = [() => {}, () => {}];
    emitter.on("a", first).once("a", second).on("b", first);
    emitter.on("removeListener", record("removed"));
    emitter.on("removeListener", () => calls.push(["left", emitter.listenerCount("a"), emitter.listenerCount("b")]));
    emitter.emit("a");
    emitter.off("b", first).off("b", first);
    emitter.once("a", second).removeAllListeners("a");
    assert.deepEqual(calls, [
      ["removed", "a", second],
      ["left", 1, 1],
      ["removed", "b", first],
      ["left", 1, 0],
      ["removed", "a", second],
      ["left", 1, 0],
      ["removed", "a", first],
      ["left", 0, 0],
    ]);
    emitter.removeAllListeners();
    assert.deepEqual(emitter.eventNames(), []);
  });

  test("rawListeners() shows the wrapper, which may be called, when a listener was added with once()", () => {
    const emitter = new TestEmitter();
    const { calls, record } = recorder();
    const listener = record("once");
    emitter.once("a", listener);
    const [wrapper] = emitter.rawListeners("a") as [{ (...args: unknown[]): void; listener: unknown }];
    assert.equal(wrapper.listener, listener);
    assert.deepEqual(emitter.listeners("a"), [listener]);
    wrapper(1);
    assert.deepEqual(calls, [["once", 1]]);
    assert.equal(emitter.listenerCount("a"), 0);
  });

  test("listeners() and rawListeners() give copies when changed", () => {
    const emitter = new TestEmitter().on("a", () => {});
    emitter.listeners("a").pop();
    emitter.rawListeners("a").pop();
    assert.equal(emitter.listenerCount("a"), 1);
  });
});
