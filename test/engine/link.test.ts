import assert from "node:assert/strict";
import { type Arbitrary, array, assert as check, asyncProperty, constantFrom, oneof } from "fast-check";
import { describe, test } from "#test";
import { type LinkState, linkChanges } from "../../src/engine/link.ts";
import type { Message } from "../../src/wire/codec.ts";
import { type Exchange, type PollingClient, connectPolling } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";
import type { MemoryWebSocket } from "../memory/web-socket.ts";

/** What the protocol asks for, and what may befall anybody. */
const ordinary = ["poll", "post", "open post", "end post", "frames", "deliver", "turn"] as const;
const upgrading = ["probe", "2probe", "5"] as const;
const ends = ["hang up", "fail", "close", "discard", "client close"] as const;
/** Against the protocol. */
const wrongs = ["second poll", "second post", "abort poll", "abort post", "bad post", "bad frame", "early frame", "late probe"] as const;

/** One thing that happens: what the client, the app, the network or the clock does. */
type Step =
  | { readonly do: (typeof ordinary | typeof upgrading | typeof ends | typeof wrongs)[number] }
  | { readonly do: "pass"; readonly time: number };

const oneOf = (names: readonly Exclude<Step["do"], "pass">[]): Arbitrary<Step> => constantFrom(...names).map((name) => ({ do: name }));

/** Likely to keep the session alive for long enough to get anywhere. */
const step: Arbitrary<Step> = oneof(
  { weight: 40, arbitrary: oneOf(ordinary) },
  { weight: 40, arbitrary: oneOf(upgrading) },
  { weight: 8, arbitrary: constantFrom(0, 100, 5_000, 10_000, 31_000).map((time) => ({ do: "pass" as const, time })) },
  { weight: 2, arbitrary: oneOf(ends) },
  { weight: 2, arbitrary: oneOf(wrongs) },
);

describe("a session under random input", () => {
  test("changes its link as `linkChanges` says, in every way it says, and keeps its promises (I1 to I6)", async () => {
    const observed = new Set<string>();
    await check(
      asyncProperty(array(step, { minLength: 1, maxLength: 60, size: "max" }), async (steps) => {
        const game = await Game.start(observed);
        for (const each of steps) await game.play(each);
        await game.finish();
      }),
      { numRuns: 700, seed: 20_300_101 },
    );
    const table = Object.entries(linkChanges).flatMap(([from, all]) => all.map((to) => `${from} → ${to}`));
    assert.deepEqual([...observed].sort(), table.sort());
  });
});

/** A session, a client that drives it, and what both should have by now. */
class Game {
  readonly #memory: MemoryEngine;
  readonly #client: PollingClient;
  readonly #observed: Set<string>;
  readonly #exchanges: Exchange[] = [];
  /** Numbered messages, by who sent them. */
  readonly #sentByApp: string[] = [];
  readonly #sentByClient: string[] = [];
  readonly #receivedByClient: string[] = [];
  #poll: Exchange | undefined;
  #post: Exchange | undefined;
  #webSockets: MemoryWebSocket[] = [];
  #answersMade = 0;
  #pinged = false;

  private constructor(memory: MemoryEngine, client: PollingClient, observed: Set<string>) {
    this.#memory = memory;
    this.#client = client;
    this.#observed = observed;
    this.#watchLink();
  }

  static async start(observed: Set<string>): Promise<Game> {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 2 } });
    return new Game(memory, await connectPolling(memory), observed);
  }

  async play(each: Step): Promise<void> {
    if (this.#pinged) this.#pong();
    await this.#act(each);
    await this.#memory.host.endTurn();
    this.#collect();
    this.#checkNow();
  }

  /** Lets everything come to rest, then compares what was sent with what arrived. */
  async finish(): Promise<void> {
    await this.#settle();
    if (this.#isOver) return this.#checkEnd();
    // The session lives: what is still under way comes through, unless it is what ends the session.
    const { readyState } = this.#session.conn;
    this.#post?.request.end();
    await this.#settle();
    while (this.#isPolling && (this.#poll === undefined || this.#poll.isAnswered)) {
      this.#startPoll();
      await this.#settle();
    }
    if (!this.#isOver && readyState !== "closing") assert.deepEqual(this.#session.messages, this.#sentByClient, "all that the client sent");
    if (!this.#isOver || readyState === "closing") assert.deepEqual(this.#receivedByClient, this.#sentByApp, "all that the app sent");
    const { link } = this.#session.conn;
    const isSwitching = link.state === "probing" && link.answered;
    this.#memory.engine.close();
    await this.#settle();
    // Its client may still do so.
    if (isSwitching) await this.#memory.host.advance(1000);
    await this.#checkEnd();
  }

  get #session() {
    return this.#memory.last;
  }

  get #isOver(): boolean {
    return this.#session.conn.readyState === "closed";
  }

  get #isPolling(): boolean {
    return this.#session.conn.transport.name === "polling" && !this.#isOver;
  }

  get #webSocket(): MemoryWebSocket | undefined {
    return this.#webSockets.at(-1);
  }

  // ---- what happens

  async #act(each: Step): Promise<void> {
    switch (each.do) {
      case "pass":
        return this.#memory.host.advance(each.time);
      case "turn":
        return void (await this.#memory.host.nextTurn());
      case "deliver":
        return this.#deliver();
      case "close":
        return void this.#session.conn.close();
      case "discard":
        return void this.#session.conn.close(true);
      case "probe":
        return this.#probe();
      case "2probe":
      case "5":
        // A further probe would end an upgraded session: that is a wrong of its own.
        return this.#session.conn.upgraded ? undefined : this.#webSocket?.send(each.do);
      case "late probe":
        return this.#session.conn.upgraded ? this.#webSocket!.send("2probe") : undefined;
      case "frames":
        return this.#sendFrames();
      case "early frame":
        return this.#session.conn.upgraded ? undefined : this.#webSocket?.send("4lost");
      case "bad frame":
        return this.#webSocket?.send("x");
      case "hang up":
        return this.#webSocket?.close();
      case "fail":
        return this.#webSocket?.fail();
      default:
        return this.#request(each.do);
    }
  }

  #request(what: Exclude<Step["do"], "pass">): void {
    if (!this.#isPolling) return;
    if (what === "poll" && this.#poll === undefined) this.#startPoll();
    if (what === "second poll" && this.#poll !== undefined) this.#keep(this.#client.poll());
    if (what === "abort poll") this.#poll?.request.abort();
    if (what === "post" && this.#post === undefined) this.#startPost(3).end();
    if (what === "open post" && this.#post === undefined) this.#startPost(2);
    if (what === "end post") this.#post?.request.end();
    if (what === "abort post") this.#post?.request.abort();
    if (what === "second post" && this.#post !== undefined) this.#keep(this.#client.post("4lost"));
    if (what === "bad post" && this.#post === undefined) this.#keep(this.#client.post("x"));
    if (what === "client close" && this.#post === undefined) this.#keep(this.#client.post("1"));
  }

  #startPoll(): void {
    this.#poll = this.#keep(this.#client.poll());
  }

  /** A POST of `count` messages, whose end is still to come. */
  #startPost(count: number) {
    const packets = Array.from({ length: count }, () => `4${this.#nextFromClient()}`);
    this.#post = this.#keep(this.#client.post());
    return this.#post.request.push(packets.join("\x1e"));
  }

  #deliver(): void {
    if (this.#session.conn.readyState !== "open") return;
    const message = `app ${this.#sentByApp.length}`;
    this.#sentByApp.push(message);
    this.#session.deliver(message);
  }

  async #probe(): Promise<void> {
    if (!this.#isPolling) return;
    const ws = await this.#client.probe();
    if (ws.isOpen) this.#webSockets.push(ws);
  }

  /** More than one turn may handle. */
  #sendFrames(): void {
    if (this.#webSocket?.isOpen !== true || !this.#session.conn.upgraded) return;
    this.#webSocket.send(...Array.from({ length: 3 }, () => `4${this.#nextFromClient()}`));
  }

  /** Answers a ping, whichever way is open. */
  #pong(): void {
    if (this.#session.conn.upgraded) this.#webSocket?.send("3");
    else if (this.#isPolling && this.#post === undefined) this.#post = this.#keep(this.#client.post("3"));
    else return;
    this.#pinged = false;
  }

  #nextFromClient(): string {
    const message = `client ${this.#sentByClient.length}`;
    this.#sentByClient.push(message);
    return message;
  }

  #keep(exchange: Exchange): Exchange {
    this.#exchanges.push(exchange);
    void exchange.done.then(() => (this.#answersMade += 1));
    return exchange;
  }

  // ---- what must hold

  #watchLink(): void {
    const { conn } = this.#session;
    let { link } = conn;
    const observed = this.#observed;
    const change = (from: LinkState, to: LinkState): void => {
      assert.ok(linkChanges[from].includes(to), `${from} → ${to} is not in the table`);
      observed.add(`${from} → ${to}`);
    };
    Object.defineProperty(conn, "link", {
      get: () => link,
      set: (next: typeof link) => {
        change(link.state, next.state);
        link = next;
      },
    });
  }

  #collect(): void {
    if (this.#poll?.isAnswered === true) {
      if (this.#poll.status === 200) this.#receive(this.#poll.body.split("\x1e"));
      this.#poll = undefined;
    }
    for (const ws of this.#webSockets) this.#receive(ws.take());
    if (this.#post?.isAnswered === true) this.#post = undefined;
  }

  #receive(packets: readonly Message[]): void {
    for (const packet of packets) {
      if (packet === "2") this.#pinged = true;
      else if (typeof packet === "string" && packet.startsWith("4")) this.#receivedByClient.push(packet.slice(1));
    }
  }

  /** Order holds at every moment; at the end of a session it may merely stop short. */
  #checkNow(): void {
    assertBegins(this.#sentByApp, this.#receivedByClient);
    assertBegins(this.#sentByClient, this.#session.messages as string[]);
    assert.deepEqual(this.#memory.faults, []);
    assert.deepEqual(this.#session.late, []);
    const waiting = this.#exchanges.filter((it) => !it.isAnswered);
    assert.ok(waiting.filter(({ request }) => request.method === "GET").length <= 1, "at most one GET is open");
    assert.ok(waiting.filter(({ request }) => request.method === "POST").length <= 1, "at most one POST is open");
  }

  async #checkEnd(): Promise<void> {
    this.#checkNow();
    assert.ok(this.#session.end !== undefined);
    assert.ok(this.#exchanges.every(({ isAnswered }) => isAnswered), "every request is answered");
    assert.equal(this.#answersMade, this.#exchanges.length, "and answered once");
    assert.equal(this.#memory.engine.clientsCount, 0);
    for (const ws of this.#webSockets) assert.equal(ws.isOpen, false, "no WebSocket is left open");
    assert.equal(this.#memory.last.conn.bufferedBytes, 0, "nothing is kept for a session that has ended");
    assert.equal(await this.#memory.nextTimer(), Infinity, "no timer is left (I19)");
    await this.#memory.host.advance(60_000);
    this.#checkNow();
  }

  async #settle(): Promise<void> {
    await this.#memory.host.settle();
    this.#collect();
  }
}

/** `part` is how `whole` begins. */
function assertBegins(whole: readonly string[], part: readonly string[]): void {
  assert.deepEqual(part, whole.slice(0, part.length));
}
