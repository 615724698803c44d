/** What apps may do at moments, and with values, that nobody thinks of. */
import assert from "node:assert/strict";
import { Adapter } from "socket.io-adapter";
import { describe, test } from "#test";
import type { AdapterFactory, ServerOptions } from "../../src/index.ts";
import { MemoryAdapter } from "../../src/adapter/memory.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, faultsOf, join } from "./client.ts";

/** What programs without types do. */
type Untyped = never;

describe("settings", () => {
  test("that were made since the server began are kept when it is attached", () => {
    class Mine extends MemoryAdapter {}
    const io = new MemoryServer();
    io.path("/mine").connectTimeout(777).serveClient(false).adapter(Mine);
    io.reopen({ connectTimeout: 1 });
    assert.deepEqual([io.path(), io.connectTimeout(), io.serveClient(), io.of("/x").adapter instanceof Mine], ["/mine", 777, false, true]);
  });

  test("that are none are refused", () => {
    const io = new MemoryServer();
    assert.throws(() => io.connectTimeout(Number.NaN), /connectTimeout: expected a number/);
  });

  test("that come with attach reach dynamic namespaces that are there", async () => {
    const io = new MemoryServer();
    io.of(() => {});
    io.reopen({ limits: { middlewareTimeout: 50 } });
    const client = await connect(io);
    client.send("0/x,");
    await io.host.advance(50);
    assert.match(client.take()[0] as string, /^4\/x,/);
  });

  test("that were made are kept as they are, but for a path that attach is given", () => {
    const io = new MemoryServer();
    io.path("/").connectTimeout(0);
    const path = io.path();
    io.reopen();
    assert.deepEqual([io.path(), io.connectTimeout()], [path, 0]);
    io.reopen({ path: "/elsewhere" });
    assert.equal(io.path(), "/elsewhere");
  });
});

describe("an acknowledgement", () => {
  test("that cannot be encoded is none yet", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.on("ask", (answer: (value: unknown) => void) => {
      try {
        answer(10n);
      } catch {
        answer("instead");
      }
    });
    await client.say('21["ask"]');
    assert.deepEqual(client.take(), ['31["instead"]']);
  });

  test("may be given while it is being encoded, and is given once", async () => {
    const { client, socket } = await join(new MemoryServer());
    socket.on("ask", (answer: (value: unknown) => void) => {
      const outer = {
        toJSON: () => {
          answer("inner");
          return "outer";
        },
      };
      answer(outer);
    });
    await client.say('21["ask"]');
    assert.deepEqual(client.take(), ['31["inner"]']);
  });
});

describe("a refusal", () => {
  for (const [what, error, message] of [
    ["whose message cannot be read", { get message(): string { return assert.fail("boom"); } }, "Internal server error"],
    ["whose message is no text", { message: 10n }, "10"],
    ["without a message", { data: undefined }, ""],
  ] as const) {
    test(`${what} reaches the client`, async () => {
      const io = new MemoryServer();
      io.use((_socket, next) => next(error as Untyped));
      const client = await connect(io);
      await client.say("0");
      assert.deepEqual(client.take(), [`4{"message":"${message}"}`]);
    });
  }
});

describe("with serial", () => {
  test("an asynchronous listener of errors from before the first event does not keep what comes after", async () => {
    const io = new MemoryServer({ serial: true });
    const { client, socket } = await join(io);
    const heard: string[] = [];
    let finish!: () => void;
    socket.use(([event], next) => next(event === "bad" ? new Error("no") : undefined));
    socket.on("error", () => new Promise<void>((resolve) => (finish = resolve)));
    socket.on("good", (count: string) => void heard.push(count));
    await client.say('2["bad"]', '2["good","one"]');
    finish();
    await io.host.settle();
    await client.say('2["good","two"]');
    assert.deepEqual(heard, ["one", "two"]);
  });

  test("thenables that settle twice, or throw, do not keep what comes after", async () => {
    const io = new MemoryServer({ serial: true });
    const faults = faultsOf(io);
    const { client, socket } = await join(io);
    const heard: string[] = [];
    // oxlint-disable-next-line unicorn/no-thenable
    socket.on("twice", () => ({ then: (done: () => void) => [done(), done()] }) as Untyped);
    // oxlint-disable-next-line unicorn/no-thenable
    socket.on("throws", () => ({ then: () => assert.fail("lazy") }) as Untyped);
    socket.on("plain", () => void heard.push("plain"));
    await client.say('2["twice"]', '2["plain"]', '2["throws"]', '2["plain"]', '2["twice"]', '2["plain"]');
    await io.host.settle();
    assert.deepEqual([heard, faults.length], [["plain", "plain", "plain"], 1]);
  });
});

describe("onInbound", () => {
  test("that decides later lets nothing in, and its failure is nobody's", async () => {
    const later = async (): Promise<never> => Promise.reject(new Error("later"));
    const io = new MemoryServer({ onInbound: later as unknown as NonNullable<ServerOptions["onInbound"]> });
    const faults = faultsOf(io);
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual([io.engine.clientsCount, faults], [0, ["onInbound: onInbound must decide at once: it returned a promise"]]);
  });

  test("that decides nothing lets nothing in, and says so", async () => {
    const io = new MemoryServer({ onInbound: (() => true) as Untyped });
    const faults = faultsOf(io);
    const client = await connect(io);
    await client.say("0");
    assert.deepEqual([io.engine.clientsCount, faults], [0, ['onInbound: onInbound must return "ok", "drop" or "close", got true']]);
  });
});

describe("an adapter that was made for socket.io", () => {
  test("has events dropped where the option says so, as others have", async () => {
    const limits = { maxBufferedBytes: 2000, highWaterMark: 1000 };
    const io = new MemoryServer({ adapter: Adapter as unknown as AdapterFactory, slowConsumer: "drop-newest", limits });
    const { client } = await join(io);
    client.ws.reads = false;
    for (let times = 0; times < 10; times++) io.emit("news", "x".repeat(500));
    await io.host.settle();
    assert.equal(io.engine.clientsCount, 1);
  });

  test("may look into a socket that has left meanwhile", async () => {
    const io = new MemoryServer({ adapter: Adapter as unknown as AdapterFactory });
    const { socket } = await join(io);
    const adapter = io.sockets.adapter as unknown as { fetchSockets(options: object): Promise<{ handshake: object }[]> };
    const fetched = adapter.fetchSockets({ rooms: new Set(), except: new Set() });
    socket.disconnect();
    const [view] = await fetched;
    assert.deepEqual(view!.handshake, {});
  });
});

describe("a foreign connection", () => {
  test("that has ended already is nobody's", async () => {
    const io = new MemoryServer();
    io.onconnection({ id: "x", readyState: "closed", on() {} } as Untyped);
    await io.host.settle();
    assert.equal(io.metrics().unjoined, 0);
  });
});

describe("who listens to the connection", () => {
  test("hears the message that ends it", async () => {
    const { client, socket } = await join(new MemoryServer());
    const heard: unknown[] = [];
    socket.conn.on("data", (data) => heard.push(data));
    socket.on("bye", () => void socket.disconnect(true));
    await client.say('2["bye"]');
    assert.deepEqual(heard, ['2["bye"]']);
  });
});

describe("a listener of limits", () => {
  test("may send to everybody while all together hold too much", async () => {
    const io = new MemoryServer({ limits: { maxTotalBufferedBytes: 3000 } });
    let told = 0;
    io.diagnostics.on("limit", () => {
      told++;
      if (told < 50) io.emit("limit");
    });
    const { client } = await join(io);
    await join(io);
    client.ws.reads = false;
    io.emit("big", "x".repeat(4000));
    assert.deepEqual([told, io.engine.clientsCount], [1, 1]);
  });
});

describe("the end", () => {
  test("of the server must come: options that would put it off for ever are refused", async () => {
    const io = new MemoryServer();
    await assert.rejects(io.close({ spread: Infinity }), /^TypeError: Cannot use the option close\.spread: expected a finite number/);
    await assert.rejects(io.close({ force: Number.NaN }), /close\.force/);
  });

  test("of the server takes null for no options", async () => {
    const io = new MemoryServer();
    await join(io);
    const closing = io.close(null as Untyped);
    await io.host.settle();
    await closing;
    assert.equal(io.engine.clientsCount, 0);
  });

  test("of a socket lets no event through that its middleware lets go on only now (G7)", async () => {
    const { client, socket } = await join(new MemoryServer());
    const heard: string[] = [];
    let goOn = (): void => {};
    socket.use((_event, next) => (goOn = next));
    socket.on("late", () => heard.push("late"));
    socket.on("disconnecting", () => goOn());
    await client.say('2["late"]');
    client.ws.close();
    assert.deepEqual(heard, []);
  });
});

describe("who asks everyone", () => {
  test("of a dynamic namespace gets an end, also where a child is made meanwhile", async () => {
    const io = new MemoryServer();
    const parent = io.of(/^\/room-/);
    const { client, socket } = await join(io, "/room-1");
    socket.onAnyOutgoing(() => void io.of("/room-2"));
    const answers = parent.emitWithAck("ask");
    await io.host.settle();
    const id = /,(\d+)\[/.exec(client.take()[0] as string)![1];
    await client.say(`3/room-1,${id}["here"]`);
    assert.deepEqual(await answers, ["here"]);
  });

  for (const [what, error, message] of [
    ["frozen", Object.freeze(new Error("no broker")), "no broker"],
    ["undefined", undefined, "Cannot get the answers: undefined"],
  ] as const) {
    test(`hears of an adapter's failure that is ${what}`, async () => {
      class Broken extends MemoryAdapter {
        override serverCount(): Promise<number> {
          return Promise.reject(error);
        }
        override serverSideEmit(packet: unknown[]): void {
          (packet.at(-1) as (error: unknown, responses: unknown[]) => void)(error ?? null, []);
        }
      }
      const io = new MemoryServer({ adapter: Broken });
      await assert.rejects(io.emitWithAck("ask"), { message, responses: [] });
      if (error !== undefined) await assert.rejects(io.serverSideEmitWithAck("ask"), { message, responses: [] });
    });
  }
});

describe("a listener of join-room", () => {
  test("may show the newcomer out, who then was never in", async () => {
    const io = new MemoryServer();
    const client = await connect(io);
    io.sockets.adapter.on("join-room", (_room, id) => void io.sockets.sockets.get(id)!.disconnect());
    await client.say("0");
    assert.deepEqual([client.take(), io.sockets.sockets.size], [["1"], 0]);
  });
});
