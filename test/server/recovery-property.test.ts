/** Whatever happens to the connection: after `recovered` nothing is lost, doubled or reordered, and refusals have a reason (I15, I16, I31, G21, G23, G44). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "#test";
import type { RequestLike } from "../../src/index.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryHost } from "../memory/host.ts";
import { Line, type Way } from "./line.ts";
import { MapStore } from "./map-store.ts";

/** Many thousands pass; these take two seconds. */
const RUNS = 700;
const DURATION = 1000;
/** Milliseconds between two signs of life in the store. */
const SIGN_OF_LIFE = DURATION / 4;
const ROOMS = ["a", "b"] as const;
type Room = (typeof ROOMS)[number];

interface Setting {
  readonly maxRecoveryPackets: number;
  readonly middlewares: "skipped" | "run";
  readonly store: "memory" | "stored";
}

type Step =
  | { readonly do: "connect" | "connect over a sleep"; readonly who: number; readonly way: Way }
  | { readonly do: "read" | "drop" | "vanish" | "upgrade" | "half-upgrade" | "kick"; readonly who: number }
  | { readonly do: "twin"; readonly who: number; readonly first: boolean }
  | { readonly do: "join" | "leave"; readonly who: number; readonly room: Room }
  | { readonly do: "emit"; readonly to: readonly Room[]; readonly except: readonly Room[]; readonly volatile: boolean }
  | { readonly do: "tell" | "tell others"; readonly who: number; readonly volatile: boolean }
  | { readonly do: "wait"; readonly time: number }
  | { readonly do: "restart" | "sleep" };

const who = fc.nat(1);
const room = fc.constantFrom(...ROOMS);
const rooms = fc.subarray([...ROOMS]);
const way = fc.constantFrom<Way>("polling", "websocket");
const often = fc.constantFrom("read" as const, "drop" as const, "vanish" as const);
const seldom = fc.constantFrom("upgrade" as const, "half-upgrade" as const, "kick" as const);
const volatile = fc.boolean();

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ do: fc.constant("connect" as const), who, way }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("connect over a sleep" as const), who, way }) },
  { weight: 8, arbitrary: fc.record({ do: often, who }) },
  { weight: 2, arbitrary: fc.record({ do: seldom, who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("twin" as const), who, first: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("join" as const, "leave" as const), who, room }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("emit" as const), to: rooms, except: rooms, volatile }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("tell" as const, "tell others" as const), who, volatile }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), time: fc.constantFrom(1, 400, DURATION, DURATION + 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("restart" as const, "sleep" as const) }) },
);

const setting: fc.Arbitrary<Setting> = fc.record({
  maxRecoveryPackets: fc.constantFrom(1, 2, 3, 10_000),
  middlewares: fc.constantFrom("skipped" as const, "run" as const),
  store: fc.constantFrom("memory" as const, "stored" as const),
});

/** An event that recovery keeps. */
interface Sent {
  readonly number: number;
  readonly at: number;
  /** Whether it was not for the members of some room. */
  readonly excepts: boolean;
}

/** A socket as it must be: what was for it, whoever carries it. */
interface Session {
  readonly sid: string;
  readonly pid: string;
  readonly rooms: Set<Room>;
  /** Whether it has ever joined or left one. */
  moved: boolean;
  /** Numbers of the events for it, in order. */
  readonly expected: number[];
  /** When its client was lost; `undefined` while it is there. */
  lostAt: number | undefined;
  /** It left for good, or it was there when the process went: when that was is known to the store by its last sign of life. */
  state: "recoverable" | "gone" | "uncertain";
}

/** A model of the released client: what it remembers, and what it has heard in its present session. */
class Roamer {
  line: Line | undefined;
  session: Session | undefined;
  offset: string | undefined;
  heard: number[] = [];
}

class World {
  readonly host = new MemoryHost();
  store = new MapStore();
  readonly setting: Setting;
  readonly roamers = [new Roamer(), new Roamer()];
  readonly sessions = new Map<string, Session>();
  readonly log: Sent[] = [];
  io: MemoryServer;
  comebacks = 0;
  sleeps = 0;
  /** What stays where it is while processes come and go. */
  readonly #platform = { host: this.host, handle: (request: RequestLike) => this.io.handle(request) };
  readonly #lines: Line[] = [];

  constructor(given: Setting) {
    this.setting = given;
    this.io = this.#start();
  }

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of steps) {
      await this.#do(each);
      await this.host.settle();
      this.#assertPrefixes();
    }
    for (const roamer of this.roamers) {
      if (roamer.session === undefined || roamer.line === undefined) continue;
      await this.#read(roamer);
      if (roamer.session?.lostAt === undefined) assert.deepEqual(roamer.heard, roamer.session?.expected, "all of it has arrived");
    }
    assert.deepEqual(this.host.reports, []);
  }

  #start(): MemoryServer {
    const { maxRecoveryPackets, middlewares, store } = this.setting;
    const io = new MemoryServer({
      pingInterval: 1e9,
      limits: { maxRecoveryPackets },
      connectionStateRecovery: {
        maxDisconnectionDuration: DURATION,
        skipMiddlewares: middlewares === "skipped",
        ...(store === "stored" && { store: this.store }),
      },
    }, { host: this.host });
    io.use((socket, next) => {
      // Not to be kept, and it must not move the client's offset either.
      socket.emit("greeting", "a text");
      this.host.defer(() => {
        this.#emit([], [], false);
        next();
      });
    });
    io.on("connection", (socket) => {
      socket.on("disconnect", (reason) => {
        const session = this.sessions.get(socket.id);
        if (session === undefined || io !== this.io) return;
        session.lostAt = this.host.now();
        if (reason === "server namespace disconnect") session.state = "gone";
      });
    });
    return io;
  }

  async #do(each: Step): Promise<void> {
    switch (each.do) {
      case "connect":
        return this.#connect(this.roamers[each.who]!, await this.#open(each.way));
      case "connect over a sleep":
        return this.#connectOverSleep(this.roamers[each.who]!, await this.#open(each.way));
      case "twin":
        return this.#twin(this.roamers[each.who]!, each.first);
      case "emit":
        return this.#emit(each.to, each.except, each.volatile);
      case "tell":
      case "tell others":
        return this.#tell(this.roamers[each.who]!, each.do, each.volatile);
      case "wait":
        return this.host.advance(each.time);
      case "restart":
        return this.#restart();
      case "sleep":
        return this.#sleep();
      case "join":
      case "leave":
        return this.#move(this.roamers[each.who]!, each.do, each.room);
      default:
        return this.#carry(this.roamers[each.who]!, each.do);
    }
  }

  async #carry(roamer: Roamer, what: "read" | "drop" | "vanish" | "upgrade" | "half-upgrade" | "kick"): Promise<void> {
    if (roamer.line === undefined) return;
    if (what === "read") return void (await this.#read(roamer));
    if (what === "upgrade") return roamer.line.upgrade("whole");
    if (what === "half-upgrade") return roamer.line.upgrade("half");
    if (what === "kick") {
      this.io.sockets.sockets.get(roamer.session!.sid)?.disconnect();
      return;
    }
    // What was on its way does not arrive.
    if (what === "drop") await roamer.line.drop();
    roamer.line = undefined;
  }

  async #connectOverSleep(roamer: Roamer, line: Line): Promise<void> {
    if (roamer.line !== undefined) return;
    await this.#sleep();
    await this.#connect(roamer, line);
  }

  /** The client joins, and comes back where it can. */
  async #connect(roamer: Roamer, line: Line): Promise<void> {
    if (roamer.line !== undefined) return;
    const { session } = roamer;
    const claim = { pid: session?.pid, offset: roamer.offset };
    const reason = session && this.#reasonToRefuse(session, roamer.heard);
    const away = this.host.now() - (session?.lostAt ?? 0);
    const isTooRough = away > DURATION - SIGN_OF_LIFE && away <= DURATION;
    roamer.line = line;
    await line.join(claim);
    // It may take long until it looks.
    await this.host.settle();
    const welcomed = await this.#read(roamer);
    assert.ok(welcomed, "let in");
    if (session === undefined || (session.state === "uncertain" && isTooRough)) return;
    if (session.state === "uncertain" && roamer.session === session) session.state = "recoverable";
    // Of events that excepted rooms, only the last is remembered: whoever joins such a room later may be refused without need.
    const isVague = session.moved && this.log.some(({ excepts }) => excepts);
    if (roamer.session !== session && reason === undefined && isVague) return;
    assert.equal(roamer.session === session ? "recovered" : "refused", reason === undefined ? "recovered" : "refused", reason);
  }

  /** Two connections show the same pid in the same turn. */
  async #twin(roamer: Roamer, first: boolean): Promise<void> {
    const { session, offset } = roamer;
    if (roamer.line !== undefined || session === undefined) return;
    const own = await this.#open("websocket");
    const other = await this.#open("websocket");
    const order = first ? [own, other] : [other, own];
    for (const line of order) void line.join({ pid: session.pid, offset });
    await this.host.settle();
    const ids: string[] = [];
    for (const line of [own, other]) {
      const welcome = (await line.read()).find((packet) => packet.startsWith("0"))!;
      ids.push((JSON.parse(welcome.slice(1)) as { sid: string }).sid);
    }
    assert.ok(ids.filter((id) => id === session.sid).length <= 1, "a pid is good for one");
    assert.notEqual(ids[first ? 1 : 0], session.sid, "the first wins");
    // Nobody speaks for either any more: their sessions end here.
    session.state = "gone";
    for (const line of [own, other]) await line.drop();
    Object.assign(roamer, { session: undefined, offset: undefined, heard: [], line: undefined });
  }

  /** Why a client that has heard this much must start anew; `undefined` for no reason. */
  #reasonToRefuse({ state, lostAt, expected }: Session, heard: readonly number[]): string | undefined {
    const now = this.host.now();
    if (state === "gone") return "it left for good";
    if (lostAt !== undefined && now - lostAt > DURATION) return "too late";
    const kept = new Set(this.log.slice(-this.setting.maxRecoveryPackets).filter(({ at }) => now - at <= DURATION).map(({ number }) => number));
    const missing = expected.slice(heard.length).filter((number) => !kept.has(number));
    return missing.length === 0 ? undefined : `no longer kept: ${missing.join()}`;
  }

  async #read(roamer: Roamer): Promise<boolean> {
    let welcomed = false;
    for (const packet of await roamer.line!.read()) {
      if (packet.startsWith("0")) {
        this.#welcome(roamer, JSON.parse(packet.slice(1)) as { sid: string; pid: string });
        welcomed = true;
      }
      if (packet.startsWith("2[")) this.#hear(roamer, JSON.parse(packet.slice(1)) as unknown[]);
      // The server has ended it; the client may connect again.
      if (packet === "1") return welcomed;
    }
    return welcomed;
  }

  #hear(roamer: Roamer, data: unknown[]): void {
    const last = data.at(-1);
    assert.ok(typeof last === "string" && /^[\w-]{8}\.\d+$/.test(last), "each event has an offset");
    if (roamer.session !== undefined) roamer.offset = last;
    if (data[0] === "kept") roamer.heard.push(data[1] as number);
  }

  #welcome(roamer: Roamer, { sid, pid }: { sid: string; pid: string }): void {
    if (roamer.session?.sid === sid) {
      this.comebacks += 1;
      roamer.session.lostAt = undefined;
      return assert.equal(pid, roamer.session.pid);
    }
    assert.equal(this.sessions.has(sid), false);
    roamer.session = { sid, pid, rooms: new Set(), moved: false, expected: [], lostAt: undefined, state: "recoverable" };
    this.sessions.set(sid, roamer.session);
    roamer.heard = [];
  }

  // ---- what the app does

  #emit(to: readonly Room[], except: readonly Room[], isVolatile: boolean): void {
    const number = this.#next(isVolatile, except.length > 0, ({ rooms: joined }) => {
      return (to.length === 0 || to.some((each) => joined.has(each))) && !except.some((each) => joined.has(each));
    });
    const operator = this.io.to([...to]).except([...except]);
    if (isVolatile) operator.volatile.emit("volatile", number, "a text");
    else operator.emit("kept", number);
  }

  #tell(roamer: Roamer, what: "tell" | "tell others", isVolatile: boolean): void {
    const { session } = roamer;
    const socket = session && this.io.sockets.sockets.get(session.sid);
    if (socket === undefined) return;
    const number = this.#next(isVolatile, false, (each) => (each === session) === (what === "tell"));
    const emitter = what === "tell" ? socket : socket.broadcast;
    if (isVolatile) emitter.volatile.emit("volatile", number, "a text");
    else emitter.emit("kept", number);
  }

  #next(isVolatile: boolean, excepts: boolean, matches: (session: Session) => boolean): number {
    const number = this.log.length;
    if (isVolatile) return number;
    this.log.push({ number, at: this.host.now(), excepts });
    for (const session of this.sessions.values()) if (session.state !== "gone" && matches(session)) session.expected.push(number);
    return number;
  }

  #move({ session }: Roamer, what: "join" | "leave", where: Room): void {
    const socket = session && this.io.sockets.sockets.get(session.sid);
    if (socket === undefined) return;
    void socket[what](where);
    session!.moved = true;
    session!.rooms[what === "join" ? "add" : "delete"](where);
  }

  /** The process goes without a word, and another one takes its place. */
  async #restart(): Promise<void> {
    // What is stored is so at the end of a turn.
    await this.host.settle();
    for (const roamer of this.roamers) roamer.line = undefined;
    for (const session of this.sessions.values()) {
      if (this.setting.store === "memory") session.state = "gone";
      else if (session.state === "recoverable" && session.lostAt === undefined) Object.assign(session, { state: "uncertain", lostAt: this.host.now() });
    }
    this.#startAnew();
  }

  #startAnew(): void {
    this.host.forgetAlarm();
    this.store = this.store.takeOver();
    this.io = this.#start();
  }

  /** The process goes while nothing keeps it, and connections go on in another one, the newest first. */
  async #sleep(): Promise<void> {
    await this.host.settle();
    const sessions = [...this.io.engine.sessions.values()];
    if (this.setting.store === "memory" || sessions.some(({ polling, link }) => polling?.waiting === true || !("ws" in link || link.state === "polling"))) return;
    const saved = sessions.map((session) => ({ snapshot: structuredClone(this.io.snapshot(session)!), ws: session.webSocket })).reverse();
    this.#startAnew();
    const handlers = await this.io.restore(saved);
    for (const { webSocket } of this.#lines) {
      const index = webSocket === undefined ? -1 : saved.findIndex(({ ws }) => ws !== undefined && ws === webSocket.serverEnd);
      if (index !== -1) webSocket!.adopt(handlers[index]!);
    }
    this.sleeps += 1;
  }

  async #open(how: Way): Promise<Line> {
    const line = await Line.open(this.#platform, how);
    this.#lines.push(line);
    return line;
  }

  #assertPrefixes(): void {
    for (const { heard, session } of this.roamers) {
      if (session !== undefined) assert.deepEqual(heard, session.expected.slice(0, heard.length), "in order, each once, without a gap");
    }
  }
}

describe("a client that loses its connection at any point", () => {
  test("hears everything once and in order, or knows that it starts anew", async () => {
    let comebacks = 0;
    let sleeps = 0;
    const steps = fc.array(step, { minLength: 20, maxLength: 80 });
    await fc.assert(fc.asyncProperty(setting, steps, async (given, all) => {
      const world = new World(given);
      await world.run(all);
      comebacks += world.comebacks;
      sleeps += world.sleeps;
    }), { numRuns: RUNS });
    assert.ok(comebacks > 100, `only ${comebacks} clients came back`);
    assert.ok(sleeps > 100, `only ${sleeps} sleeps`);
  });
});
