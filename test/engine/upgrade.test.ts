import assert from "node:assert/strict";
import { describe, test } from "#test";
import { type PollingClient, askUpgrade, connectPolling } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import { type Frame, MemoryWebSocket } from "../memory/web-socket.ts";

async function start(options = {}): Promise<{ memory: MemoryEngine; client: PollingClient }> {
  const memory = new MemoryEngine(options);
  return { memory, client: await connectPolling(memory) };
}

describe("an upgrade", () => {
  test("answers the probe and the waiting GET at once, and switches on `5` (U01, W-39)", async () => {
    const { memory, client } = await start();
    const { conn } = memory.last;
    const poll = client.poll();
    const ws = await client.probe();
    assert.equal(conn.upgrading, true);
    assert.equal(poll.isAnswered, false, "not before the probe");
    ws.send("2probe");
    await memory.host.endTurn();
    assert.deepEqual(ws.take(), ["3probe"]);
    assert.equal(poll.body, "6");
    assert.equal(conn.transport.name, "polling");
    ws.send("5", "4hi");
    assert.equal(conn.transport.name, "websocket");
    assert.equal(conn.upgraded, true);
    assert.equal(conn.upgrading, false);
    memory.last.deliver("there");
    assert.deepEqual(ws.take(), ["4there"]);
    assert.deepEqual(memory.last.messages, ["hi"]);
    assert.equal(memory.engine.clientsCount, 1);
  });

  test("tells `upgrading`, then `upgrade`", async () => {
    const { memory, client } = await start();
    const seen: string[] = [];
    memory.last.conn.on("upgrading", ({ name }) => seen.push(`upgrading ${name}`));
    memory.last.conn.on("upgrade", ({ name }) => seen.push(`upgrade ${name}`));
    await client.upgrade();
    assert.deepEqual(seen, ["upgrading websocket", "upgrade websocket"]);
  });

  test("holds GETs for 100 ms after the probe, unless there is data (W-39)", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    ws.send("2probe");
    for (let time = 0; time < 3; time++) {
      const poll = client.poll();
      await memory.host.advance(99);
      assert.equal(poll.isAnswered, false);
      await memory.host.advance(1);
      assert.equal(poll.body, "6");
    }
    memory.last.deliver("hi");
    assert.deepEqual(await client.receive(), ["4hi"]);
    const poll = client.poll();
    memory.last.deliver("there");
    await memory.host.settle();
    assert.equal(poll.body, "4there");
  });

  test("sends a client that polls in a loop at most one noop per 100 ms", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    ws.send("2probe");
    let noops = 0;
    for (let time = 0, poll = client.poll(); time < 1000; time += 10) {
      if (time % 30 === 0) memory.last.deliver("data");
      await memory.host.advance(10);
      if (!poll.isAnswered) continue;
      if (poll.body === "6") noops += 1;
      poll = client.poll();
    }
    assert.ok(noops <= 10, `${noops} noops in a second`);
  });

  test("holds GETs for as long as ever when the probe has not come, or the WebSocket was given up", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    const poll = client.poll();
    await memory.host.advance(1000);
    assert.equal(poll.isAnswered, false);
    ws.send("2probe");
    await memory.host.settle();
    assert.equal(poll.body, "6");
    const held = client.poll();
    ws.close();
    await memory.host.advance(1000);
    assert.equal(held.isAnswered, false);
  });

  test("sends on the WebSocket what was queued, in order, before what comes later (G1)", async () => {
    const { memory, client } = await start();
    const bytes = new Uint8Array([1]);
    memory.last.deliver("one");
    const ws = await client.probe();
    memory.last.deliver("51-two", bytes);
    ws.send("2probe");
    memory.last.deliver("three");
    ws.send("5");
    memory.last.deliver("four");
    await memory.host.settle();
    assert.deepEqual(ws.take(), ["3probe", "4one", "451-two", bytes, "4three", "4four"]);
  });

  test("sends what listeners say while the queue moves behind what is in it (G1)", async () => {
    const { memory, client } = await start();
    const { conn } = memory.last;
    for (const data of ["one", "two", "three"]) memory.last.deliver(data);
    const ws = await client.probe();
    ws.send("2probe");
    conn.once("drain", () => conn.send("said meanwhile"));
    ws.send("5");
    await memory.host.settle();
    assert.deepEqual(ws.take(), ["3probe", "4one", "4two", "4three", "4said meanwhile"]);
  });

  test("sends all of the queue when a listener closes the connection while it moves", async () => {
    const { memory, client } = await start();
    const { conn } = memory.last;
    for (const data of ["one", "two", "three"]) memory.last.deliver(data);
    const ws = await client.probe();
    ws.send("2probe");
    const heard: string[] = [];
    conn.on("upgrade", ({ name }) => heard.push(name));
    conn.once("drain", () => conn.close());
    ws.send("5");
    await memory.host.settle();
    assert.deepEqual(ws.take(), ["3probe", "4one", "4two", "4three"]);
    assert.equal(conn.readyState, "closed");
    assert.deepEqual(heard, []);
  });

  test("gives a GET that waits at the switch a noop, and what the turn emitted to the WebSocket (U10)", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    ws.send("2probe");
    const poll = client.poll();
    await memory.host.endTurn();
    memory.last.deliver("hi");
    ws.send("5");
    await memory.host.settle();
    assert.equal(poll.body, "6");
    assert.deepEqual(ws.take(), ["3probe", "4hi"]);
  });

  test("handles a POST that is open at the switch before the WebSocket's frames (U11, P15)", async () => {
    const { memory, client } = await start();
    const post = client.post();
    const ws = await client.probe();
    ws.send("2probe", "5", "4three", "4four");
    memory.last.deliver("sent meanwhile");
    await memory.host.advance(1000);
    assert.deepEqual(ws.take(), ["3probe", "4sent meanwhile"]);
    assert.deepEqual(memory.last.messages, []);
    post.request.push("4one\x1e4two").end();
    await memory.host.settle();
    assert.equal(post.status, 200);
    assert.equal(post.body, "ok");
    ws.send("4five");
    await memory.host.settle();
    assert.deepEqual(memory.last.messages, ["one", "two", "three", "four", "five"]);
  });

  test("handles a POST of many turns before the WebSocket's frames (G1)", async () => {
    const { memory, client } = await start({ limits: { maxPacketsPerTurn: 2 } });
    const post = client.post(["4a", "4b", "4c", "4d", "4e"].join("\x1e"));
    const ws = new MemoryWebSocket(memory.host);
    askUpgrade(memory, ws, { sid: client.sid });
    await memory.host.endTurn();
    ws.send("2probe", "5", "4f", "4g", "4h");
    await memory.host.settle();
    assert.equal(post.status, 200);
    assert.deepEqual(memory.last.messages, [..."abcdefgh"]);
  });

  test("handles the WebSocket's end after a POST that is open at the switch", async () => {
    const { memory, client } = await start();
    const post = client.post();
    const ws = await client.probe();
    ws.send("2probe", "5", "4two");
    ws.close();
    post.request.push("4one").end();
    await memory.host.settle();
    assert.equal(post.status, 200);
    assert.deepEqual(memory.last.messages, ["one", "two"]);
    assert.equal(memory.last.reason, "transport close");
  });

  test("keeps a client whose pong waits behind a POST that is open at the switch (I20)", async () => {
    const { memory, client } = await start();
    await memory.host.advance(20_000);
    const post = client.post();
    const ws = await client.probe();
    ws.send("2probe", "5");
    await memory.host.advance(5_000);
    assert.deepEqual(ws.take(), ["3probe", "2"]);
    ws.send("3");
    await memory.host.advance(20_000);
    assert.equal(memory.last.reason, undefined);
    post.request.push("4hi").end();
    await memory.host.settle();
    assert.deepEqual(memory.last.messages, ["hi"]);
  });

  test("refuses GET, POST and a further WebSocket once it is done (W-17, H29, U05)", async () => {
    const { memory, client } = await start();
    const ws = await client.upgrade();
    for (const request of [client.poll(), client.post("4late")]) {
      await memory.host.settle();
      assert.equal(request.status, 400);
      assert.deepEqual(request.error, { code: 3, message: "Bad request" });
    }
    assert.equal(memory.refused[0]!.context["name"], "TRANSPORT_MISMATCH");
    const second = await openSecond(memory, client);
    second.send("2probe", "5", "4late");
    await memory.host.settle();
    assert.equal(second.take().length, 0);
    ws.send("4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
  });

  test("lets the session end with the WebSocket once it is done", async () => {
    const { memory, client } = await start();
    (await client.upgrade()).fail(new Error("network"));
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "network");
  });

  test("keeps the name of the WebSocket when the session has ended", async () => {
    const { memory, client } = await start();
    const ws = await client.upgrade();
    const names: string[] = [];
    memory.last.conn.on("close", () => names.push(memory.last.conn.transport.name));
    ws.close();
    assert.deepEqual(names, ["websocket"]);
  });

  test("leaves no timer behind when it succeeds, fails, or the session ends (I19)", async () => {
    const { memory, client } = await start({ pingInterval: 60_000 });
    const failing = await client.probe();
    assert.equal(await memory.nextTimer(), 10_000);
    failing.send("x");
    assert.equal(await memory.nextTimer(), 60_000);
    (await client.probe()).send("2probe", "5");
    assert.equal(await memory.nextTimer(), 60_000);
    memory.last.conn.close();
    assert.equal(await memory.nextTimer(), Infinity);
  });

  test("leaves no timer behind when the session ends before it is done (I19)", async () => {
    for (const discard of [true, false]) {
      const { memory, client } = await start();
      await client.probe();
      memory.last.conn.close(discard);
      if (!discard) await memory.host.advance(10_000 + 30_000);
      assert.equal(await memory.nextTimer(), Infinity);
    }
  });

  test("leaves no timer behind when the session ends while a GET is held (I19)", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    ws.send("2probe");
    client.poll();
    await memory.host.settle();
    memory.last.conn.close();
    ws.send("5");
    assert.equal(memory.last.reason, "forced close");
    assert.equal(await memory.nextTimer(), Infinity);
  });

  test("works where the platform opens the WebSocket in a later turn", async () => {
    const { memory, client } = await start();
    const ws = await client.probe({ opensLater: true });
    ws.send("2probe", "5", "4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
  });
});

/** What may go wrong with a WebSocket that wants to take over. */
const failures: readonly { readonly what: string; readonly frames: readonly Frame[] }[] = [
  { what: "a ping (U02)", frames: ["2"] },
  { what: "a message (U02)", frames: ["4lost"] },
  { what: "bytes", frames: [new Uint8Array([1])] },
  { what: "`5` without a probe (U03)", frames: ["5"] },
  { what: "a message after the probe (U02)", frames: ["2probe", "4lost"] },
  { what: "a second probe", frames: ["2probe", "2probe"] },
  { what: "nonsense", frames: ["x"] },
];

describe("an upgrade that fails", () => {
  for (const { what, frames } of failures) {
    test(`costs its WebSocket and nothing else when that sends ${what}`, async () => {
      const { memory, client } = await start();
      memory.last.deliver("before");
      const ws = await client.probe();
      ws.send(...frames);
      assert.deepEqual(ws.ended, { code: undefined, reason: undefined });
      ws.send("2probe", "5", "4lost");
      await assertLives(memory, client, ["4before"]);
    });
  }

  test("costs nothing when its WebSocket dies before or after the probe (U07)", async () => {
    for (const frames of [[], ["2probe"]]) {
      const { memory, client } = await start();
      const ws = await client.probe();
      ws.send(...frames);
      memory.last.deliver("before");
      ws.fail();
      await assertLives(memory, client, ["4before"]);
    }
  });

  test("is done where the process stood still at its deadline and the `5` waits (G42)", async () => {
    const { memory, client } = await start({ upgradeTimeout: 300 });
    const ws = await client.probe();
    ws.send("2probe");
    memory.host.stall(401);
    ws.send("5");
    await memory.host.settle();
    assert.equal(memory.last.conn.transport.name, "websocket");
  });

  test("costs nothing when it takes longer than upgradeTimeout (U06)", async () => {
    for (const frames of [[], ["2probe"]]) {
      const { memory, client } = await start();
      const ws = await client.probe();
      ws.send(...frames);
      await memory.host.advance(9_999);
      assert.equal(ws.ended, undefined);
      await memory.host.advance(1);
      assert.deepEqual(ws.ended, { code: undefined, reason: undefined });
      ws.send("5");
      await assertLives(memory, client, []);
    }
  });

  test("lets another one succeed", async () => {
    const { memory, client } = await start();
    (await client.probe()).send("x");
    const ws = await client.upgrade();
    ws.send("4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
    assert.equal(memory.last.conn.upgraded, true);
  });

  test("has its WebSocket closed when another one is trying already, which goes on (U04, W-17)", async () => {
    for (const frames of [[], ["2probe"]]) {
      const { memory, client } = await start();
      const first = await client.probe();
      first.send(...frames);
      const second = await openSecond(memory, client);
      second.send("2probe", "5", "4lost");
      second.close();
      await memory.host.settle();
      first.send(...(frames.length === 0 ? ["2probe"] : []), "5", "4hi");
      assert.deepEqual(memory.last.messages, ["hi"]);
      assert.equal(memory.last.conn.transport.name, "websocket");
    }
  });

  test("is refused before the 101 when upgrades are switched off", async () => {
    const { memory, client } = await start({ allowUpgrades: false });
    const handshake = askUpgrade(memory, new MemoryWebSocket(memory.host), { sid: client.sid });
    await memory.host.settle();
    assert.equal(handshake.status, 400);
    await assertLives(memory, client, []);
  });

  test("is refused before the 101 when it names another revision or transport (U08, W25)", async () => {
    const { memory, client } = await start();
    for (const query of [{ EIO: "3" }, { transport: "polling" }]) {
      const handshake = askUpgrade(memory, new MemoryWebSocket(memory.host), { sid: client.sid, ...query });
      await memory.host.settle();
      assert.equal(handshake.status, 400);
      assert.equal(handshake.body, "Bad request");
    }
    assert.deepEqual(memory.refused.map(({ context }) => context["name"]), ["PROTOCOL_MISMATCH", "TRANSPORT_MISMATCH"]);
    await assertLives(memory, client, []);
  });

  test("is refused before the 101 when it comes with POST (W24)", async () => {
    const { memory, client } = await start();
    const handshake = askUpgrade(memory, new MemoryWebSocket(memory.host), { sid: client.sid }, { method: "POST", body: "" });
    await memory.host.settle();
    assert.equal(handshake.status, 400);
    assert.equal(handshake.body, "Bad handshake method");
  });
});

describe("the end of a session that is upgrading", () => {
  for (const [what, close, reason] of [
    ["engine", (memory: MemoryEngine) => memory.engine.close(), "forced close"],
    ["client", (_memory: MemoryEngine, client: PollingClient) => client.post("1"), "transport close"],
    ["client's bad payload", (_memory: MemoryEngine, client: PollingClient) => client.post("x"), "parse error"],
  ] as const) {
    test(`closes both when it comes from the ${what}`, async () => {
      const { memory, client } = await start();
      const ws = await client.probe();
      const poll = client.poll();
      await memory.host.endTurn();
      close(memory, client);
      await memory.host.settle();
      assert.equal(memory.last.reason, reason);
      assert.ok(ws.ended !== undefined);
      assert.equal(poll.status, 200);
      await memory.host.advance(60_000);
      assert.deepEqual(memory.last.late, []);
    });
  }

  // A client hangs when its WebSocket ends while it switches to it.
  for (const frames of [[], ["2probe"]]) {
    test(`waits for the switch when it comes from the server after ${frames[0] ?? "nothing"}`, async () => {
      const { memory, client } = await start();
      const ws = await client.probe();
      ws.send(...frames);
      memory.last.deliver("last words");
      memory.last.conn.close();
      assert.deepEqual([memory.last.conn.readyState, memory.last.reason, ws.ended], ["closing", undefined, undefined]);
      ws.send(...(frames.length === 0 ? ["2probe"] : []), "5");
      await memory.host.settle();
      assert.deepEqual(ws.take(), ["3probe", "4last words"]);
      assert.deepEqual([memory.last.reason, ws.ended !== undefined], ["forced close", true]);
      assert.equal(await memory.nextTimer(), Infinity);
    });
  }

  test("gives up the WebSocket after upgradeTimeout, and waits for a GET then", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    ws.send("2probe");
    memory.last.deliver("last words");
    memory.last.conn.close();
    await memory.host.advance(10_000);
    assert.ok(ws.ended !== undefined);
    assert.deepEqual(await client.receive(), ["4last words"]);
    assert.deepEqual(await client.receive(), ["1"]);
    assert.equal(memory.last.reason, "forced close");
  });

  test("answers the GET that waits when the WebSocket is given up", async () => {
    const { memory, client } = await start();
    const ws = await client.probe();
    const poll = client.poll();
    await memory.host.endTurn();
    memory.last.conn.close();
    ws.send("x");
    await memory.host.settle();
    assert.deepEqual([poll.body, memory.last.reason], ["1", "forced close"]);
  });
});

describe("an upgrade in the midst of traffic", () => {
  for (const ending of ["succeeds", "is aborted", "is refused"] as const) {
    test(`loses, doubles and reorders nothing when it ${ending}, at any interleaving (G1, G2)`, async () => {
      for (const plan of interleavings()) await new Play(await start(), ending).run(plan);
    });
  }
});

type Ending = "succeeds" | "is aborted" | "is refused";
type Action = (typeof upgradeSteps)[number] | (typeof traffic)[number];

const upgradeSteps = ["open", "probe", "end", "send"] as const;
/** What client and server may do at any moment. */
const traffic = ["deliver", "send", "poll", "pass"] as const;

/** Every way to put two pieces of traffic between the steps of an upgrade. */
function* interleavings(): Generator<readonly Action[]> {
  const steps = upgradeSteps;
  for (const first of traffic) {
    for (const second of traffic) {
      for (let at = 0; at <= steps.length; at++) {
        for (let then = at; then <= steps.length; then++) {
          yield [...steps.slice(0, at), first, ...steps.slice(at, then), second, ...steps.slice(then)];
        }
      }
    }
  }
}

/** Plays a plan, one action per turn, and checks that each side got what the other sent. */
class Play {
  readonly #memory: MemoryEngine;
  readonly #client: PollingClient;
  readonly #ending: Ending;
  readonly #sentByClient: string[] = [];
  readonly #sentByApp: string[] = [];
  readonly #receivedByClient: string[] = [];
  #ws: MemoryWebSocket | undefined;
  #poll: ReturnType<PollingClient["poll"]> | undefined;

  constructor({ memory, client }: { memory: MemoryEngine; client: PollingClient }, ending: Ending) {
    this.#memory = memory;
    this.#client = client;
    this.#ending = ending;
  }

  async run(plan: readonly Action[]): Promise<void> {
    for (const action of [...plan, "poll"] as const) {
      await this.#act(action);
      await this.#memory.host.settle();
      this.#collect();
    }
    const context = plan.join(", ");
    assert.equal(this.#memory.last.end, undefined, context);
    assert.equal(this.#isSwitched, this.#ending === "succeeds", context);
    assert.deepEqual(this.#memory.last.messages, this.#sentByClient, context);
    assert.deepEqual(this.#receivedByClient, this.#sentByApp, context);
  }

  get #isSwitched(): boolean {
    return this.#memory.last.conn.transport.name === "websocket";
  }

  async #act(action: Action): Promise<void> {
    switch (action) {
      case "open":
        this.#ws = await this.#client.probe();
        return;
      case "probe":
        return this.#ws!.send("2probe");
      case "end":
        return this.#end();
      case "send":
        return this.#send(`client ${this.#sentByClient.length}`);
      case "deliver":
        return this.#memory.last.deliver(`app ${this.#sentByApp.push(`app ${this.#sentByApp.length}`) - 1}`);
      case "pass":
        return this.#memory.host.advance(150);
      case "poll":
        if (!this.#isSwitched) this.#poll ??= this.#client.poll();
    }
  }

  #end(): void {
    if (this.#ending === "succeeds") this.#ws!.send("5");
    else if (this.#ending === "is aborted") this.#ws!.close();
    else this.#ws!.send("7");
  }

  #send(message: string): void {
    this.#sentByClient.push(message);
    if (this.#isSwitched) this.#ws!.send(`4${message}`);
    else this.#client.post(`4${message}`);
  }

  #collect(): void {
    const packets = (this.#ws?.take() ?? []) as string[];
    if (this.#poll?.isAnswered === true) {
      packets.unshift(...this.#poll.body.split("\x1e"));
      this.#poll = undefined;
    }
    this.#receivedByClient.push(...packets.filter((it) => it.startsWith("4")).map((it) => it.slice(1)));
  }
}

/** A further WebSocket: the server ends it, but what its client has sent by then may still arrive. */
async function openSecond(memory: MemoryEngine, client: PollingClient): Promise<MemoryWebSocket> {
  const ws = new MemoryWebSocket(memory.host);
  askUpgrade(memory, ws, { sid: client.sid });
  await memory.host.endTurn();
  assert.deepEqual(ws.ended, { code: undefined, reason: undefined });
  return ws;
}

/** The polling session goes on: `waiting` comes out, and messages pass both ways. */
async function assertLives(memory: MemoryEngine, client: PollingClient, waiting: readonly string[]): Promise<void> {
  await memory.host.settle();
  assert.equal(memory.last.conn.transport.name, "polling");
  assert.equal(memory.last.conn.upgrading, false);
  if (waiting.length > 0) assert.deepEqual(await client.receive(), waiting);
  const poll = client.poll();
  await client.send("4up");
  memory.last.deliver("down");
  await memory.host.settle();
  assert.equal(poll.body, "4down");
  assert.deepEqual(memory.last.messages, ["up"]);
}
