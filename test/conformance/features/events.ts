import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { type Feature, needing } from "../feature.ts";
import { ask, hear, next } from "../stage.ts";

const VALUES = ["text", 1, -0.5, true, null, [1, ["two"]], { three: { four: [{}] } }, "é \u{1f600} \u2028", ""];

interface Told {
  readonly value?: unknown;
  readonly error?: string | null;
  readonly answers?: unknown[];
}

export const events: readonly Feature[] = [
  {
    name: "events, both ways",
    scenarios: {
      "every kind of value arrives as it was": async (stage) => {
        const client = await stage.join();
        const heard = next(client, "echo");
        await stage.step();
        const values = VALUES.filter((value) => stage.carries(value));
        client.emit("echo", ...values);
        assert.deepEqual(await heard, values);
      },
      "an event may have no arguments": async (stage) => {
        const client = await stage.join();
        const heard = next(client, "echo");
        await stage.step();
        client.emit("echo");
        assert.deepEqual(await heard, []);
      },
      "`send` is the event `message`": async (stage) => {
        const client = await stage.join();
        const heard = next(client, "message");
        await stage.step();
        client.send("one", 2);
        assert.deepEqual(await heard, ["one", 2]);
      },
      "events keep their order": async (stage) => {
        const client = await stage.join();
        const heard = hear(client);
        for (let n = 0; n < 100; n++) client.emit("echo", n, ...(n % 3 === 0 ? [Buffer.alloc(n)] : []));
        assert.deepEqual((await heard.take(100)).map(([, n]) => n), Array.from({ length: 100 }, (_, n) => n));
      },
    },
  },
  {
    name: "acknowledgements, both ways",
    scenarios: {
      "the server answers": async (stage) => {
        const client = await stage.join();
        await stage.step();
        const answer = new Promise<unknown[]>((resolve) => client.emit("echo", 1, "two", (...args: unknown[]) => resolve(args)));
        assert.deepEqual(await answer, [1, "two"]);
        await stage.step();
        assert.equal(await ask(client, "echo"), undefined);
      },
      "the client answers": async (stage) => {
        const client = await stage.join();
        client.on("sum", (a: number, b: number, answer: (sum: number) => void) => answer(a + b));
        for (const [a, b] of [[1, 2], [3, 4]]) {
          await stage.step();
          assert.deepEqual(await ask(client, "ask me", "sum", [a, b]), { value: a! + b! });
        }
        await stage.step();
        assert.deepEqual(await ask(client, "ask me within", 5_000, "sum", [5, 6]), { value: 11 });
      },
      "a callback with a timeout gets no error and all answers": async (stage) => {
        const client = await stage.join();
        client.on("many", (answer: (...answers: unknown[]) => void) => answer(1, "two"));
        await stage.step();
        assert.deepEqual(await ask<Told>(client, "ask me with a callback", 5_000, "many"), { error: null, answers: [1, "two"] });
      },
      "acknowledgements carry bytes": async (stage) => {
        const client = await stage.join();
        client.on("bytes", (answer: (bytes: object) => void) => answer({ bytes: Buffer.from([1, 2]) }));
        await stage.step();
        const { value } = await ask<{ value: { bytes: unknown } }>(client, "ask me", "bytes", []);
        assert.deepEqual([...new Uint8Array(value.bytes as ArrayBuffer)], [1, 2]);
      },
    },
  },
  {
    name: "acknowledgements that never come time out",
    scenarios: {
      "with a promise": async (stage) => {
        const client = await stage.join();
        await stage.step();
        assert.deepEqual(await ask(client, "ask me within", 30, "nobody listens", []), { error: "operation has timed out" });
      },
      "with a callback, and once only": async (stage) => {
        const client = await stage.join();
        client.on("late", (answer: () => void) => setTimeout(answer, 120));
        await stage.step();
        const told = await ask<Told>(client, "ask me with a callback", 30, "late");
        assert.deepEqual(told, { error: "operation has timed out", answers: [] });
        await new Promise((resolve) => setTimeout(resolve, 150));
        assert.equal(await ask(client, "echo", "still here"), "still here");
      },
    },
  },
  {
    name: "volatile events",
    scenarios: {
      "reach a client that can take them, each at most once": async (stage) => {
        const client = await stage.join();
        const seen: number[] = [];
        client.on("volatile", (n: number) => seen.push(n));
        for (let n = 0; seen.length === 0 && n < 100; n++) {
          await stage.step();
          const reliable = next(client, "reliable");
          client.emit("volatile", n);
          assert.deepEqual(await reliable, [n]);
        }
        assert.equal(seen.length, 1);
      },
      "a client has them too": needing(["has volatile events"], async (stage) => {
        const client = await stage.join();
        const seen: number[] = [];
        client.on("echo", (n: number) => seen.push(n));
        for (let n = 0; seen.length === 0 && n < 100; n++) {
          while (!client.io.engine.transport.writable) await turn();
          client.volatile.emit("echo", n);
          assert.equal(await ask(client, "echo", n), n);
        }
        assert.equal(seen.length, 1);
      }),
    },
  },
  {
    name: "volatile events are dropped when nobody waits",
    needs: ["is on its own"],
    ways: ["polling"],
    scenarios: {
      "without a poll, only what is reliable is kept": async (stage) => {
        const session = await stage.raw();
        await session.connect();
        await session.send('42["volatile",1]');
        assert.equal(await session.next(), '42["reliable",1]');
      },
    },
  },
  {
    name: "middlewares of events",
    scenarios: {
      "an event that is refused becomes an `error` event on the server": async (stage) => {
        const client = await stage.join();
        const refused = next(client, "refused");
        await stage.step();
        client.emit("forbidden");
        assert.deepEqual(await refused, ["not allowed"]);
        assert.equal(await ask(client, "echo", "still here"), "still here");
      },
    },
  },
];
