import { goodManners } from "../clients/engine-client.ts";
import { SocketClient } from "../clients/socket-client.ts";
import { Line } from "../network/line.ts";
import type { Observations } from "../observations.ts";
import { Random, weights } from "../random.ts";
import type { Outcome, Violation } from "../run.ts";
import { inTurn } from "../turn.ts";
import { Trace } from "../trace.ts";
import { World } from "../world.ts";
import { Broker } from "./broker.ts";
import { Member, namespaces } from "./member.ts";
import { Promises } from "./promises.ts";

const rooms = ["r1", "r2", "r3"];

const kinds = weights({
  broadcast: 300,
  "join by room": 60,
  "leave by room": 40,
  "disconnect by room": 6,
  join: 60,
  tell: 30,
  ask: 10,
  cut: 15,
  come: 30,
  go: 8,
  pause: 10,
  gone: 12,
  hang: 12,
  apart: 12,
  slow: 12,
  heal: 30,
  malformed: 30,
});

/** What no server sends. */
const malformed = [
  "",
  "{",
  "null",
  "7",
  "{}",
  '{"kind":"emit","nsp":"/","args":{"0":"note"}}',
  '{"kind":"emit","nsp":"/","args":[]}',
  '{"kind":"emit","nsp":"/a","args":[{}]}',
  '{"kind":"emit","nsp":"/nobody","args":["note","s0.0"]}',
  '{"kind":"answer","nsp":"/","ask":-1,"value":1}',
  '{"kind":"from a newer version","nsp":"/"}',
  '{"kind":"disconnect","nsp":"/","to":{"rooms":["no such room"],"except":[]},"close":true}',
];

/** Two or three servers, a broker between them that fails, and clients on good lines: up to the first violation. */
export function runCluster(seed: number, trace?: Trace): Promise<Outcome> {
  return inTurn(() => new Cluster(seed, trace).live());
}

class Cluster {
  readonly #world = new World();
  readonly #random: Random;
  readonly #broker: Broker;
  readonly #promises: Promises;
  readonly #members: Member[];
  readonly #clients: SocketClient[];
  readonly #trace: Trace | undefined;
  #violation: Violation | undefined;

  constructor(seed: number, trace: Trace | undefined) {
    this.#trace = trace;
    this.#random = new Random(seed, "cluster");
    this.#broker = new Broker(this.#world, new Random(seed, "broker"));
    const fail = (id: string, message: string): void => void (this.#violation ??= { id, message, time: this.#world.now });
    this.#promises = new Promises(fail);
    const servers = this.#random.between(2, 3);
    const around = { world: this.#world, broker: this.#broker, promises: this.#promises, servers, saw: this.#saw, fail };
    this.#members = Array.from({ length: servers }, (_, number) => new Member(number, new Random(seed, `ids ${number}`), around));
    this.#clients = Array.from({ length: this.#random.between(2, 5) }, (_, number) => this.#createClient(seed, number));
  }

  live(): Outcome {
    const rejected = (error: unknown): void => this.#members[0]!.threw(error);
    process.on("unhandledRejection", rejected);
    try {
      this.#run(300);
      for (let count = this.#random.pick([30, 60, 120]); count > 0 && this.#violation === undefined; count--) this.#step();
      if (this.#violation === undefined) this.#settle();
    } finally {
      process.off("unhandledRejection", rejected);
    }
    return { violation: this.#violation, hash: this.#trace?.hash ?? "", happened: this.#world.happened, lines: this.#trace?.lines ?? [] };
  }

  #createClient(seed: number, number: number): SocketClient {
    const line = new Line(this.#world, new Random(seed, `line ${number}`), { latency: [1, 8], window: 65_536 });
    const manners = this.#random.chance(0.5) ? goodManners : { ...goodManners, transport: "websocket" as const, upgrades: false };
    const client = new SocketClient(number, line, this.#random.pick(this.#members), manners, () => 0);
    client.wants.add("/");
    if (this.#random.chance(0.5)) client.wants.add("/a");
    client.connect();
    return client;
  }

  readonly #saw = <Kind extends keyof Observations>(kind: Kind, what: Observations[Kind]): void => {
    this.#trace?.note(this.#world.now, kind, what);
    if (kind === "arrived") this.#promises.arrived((what as Observations["arrived"]).sid, (what as Observations["arrived"]).item);
  };

  #run(milliseconds: number): void {
    this.#world.runUntil(this.#world.now + milliseconds, () => this.#violation !== undefined);
  }

  // ---- steps

  #step(): void {
    this.#run(this.#random.chance(0.4) ? 0 : this.#random.between(1, 50));
    const kind = this.#random.weighed(kinds);
    const member = this.#random.pick(this.#members);
    const client = this.#random.pick(this.#clients);
    const [nsp, room] = [this.#random.pick(namespaces), this.#random.pick(rooms)];
    this.#saw("step", { what: () => `${kind} at ${member.number}, client ${client.number}, ${nsp} ${room}` });
    if (!this.#takeFault(kind, member, client)) this.#takeAct(kind, member, nsp, room);
  }

  #takeAct(kind: string, member: Member, nsp: string, room: string): void {
    const to = rooms.filter(() => this.#random.chance(0.4));
    const except = rooms.filter(() => this.#random.chance(0.1));
    const isLocal = this.#random.chance(0.1);
    const count = this.#random.pick([1, 1, 3]);
    member.input(() => {
      if (kind === "broadcast") for (let sent = 0; sent < count; sent++) member.broadcast(nsp, to.slice(sent), except, isLocal);
      if (kind === "join by room") member.io.of(nsp).in(to).socketsJoin(room);
      if (kind === "leave by room") member.io.of(nsp).in(to).socketsLeave(room);
      if (kind === "disconnect by room") member.io.of(nsp).in(room).disconnectSockets(isLocal);
      if (kind === "tell") member.tellOthers(nsp);
      if (kind === "ask") member.askOthers(nsp);
      if (kind === "join") for (const socket of member.io.of(nsp).sockets.values()) void socket.join(room);
    });
  }

  #takeFault(kind: string, member: Member, client: SocketClient): boolean {
    switch (kind) {
      case "cut":
        client.line.cut("reset");
        return true;
      case "come":
        client.connect();
        client.insist();
        return true;
      case "go":
        client.leave();
        return true;
      case "pause":
        member.process.pause(this.#random.pick([30, 300]));
        return true;
      case "malformed":
        this.#broker.inject(member.number, this.#random.pick(malformed));
        return true;
      default:
        return this.#failBroker(kind, member);
    }
  }

  #failBroker(kind: string, member: Member): boolean {
    if (kind === "gone") this.#broker.isGone = true;
    else if (kind === "hang") this.#broker.hang();
    else if (kind === "apart") this.#broker.apart.add(member.number);
    else if (kind === "slow") this.#broker.latency = [1, 1500];
    else if (kind === "heal") this.#broker.heal();
    else return false;
    return true;
  }

  // ---- the end

  /** All is well again, and what is under way arrives; then the servers must agree on who is there. */
  #settle(): void {
    this.#broker.heal();
    for (const client of this.#clients) client.connect();
    this.#run(6000);
    for (const client of this.#clients) client.insist();
    this.#run(500);
    for (const member of this.#members) member.input(() => member.broadcast("/", [], [], false));
    this.#run(500);
    for (const client of this.#clients) if (this.#violation === undefined) this.#checkClient(client);
    for (const member of this.#members) if (this.#violation === undefined) this.#checkServer(member);
  }

  #checkClient(client: SocketClient): void {
    if (!client.isContent) this.#fail("I33", `client ${client.number} is not where it wants to be: ${client.status}`);
    else this.#promises.settled(client.sid);
  }

  #checkServer(member: Member): void {
    if (member.openQuestions > 0) this.#fail("I13", `${member.openQuestions} questions to the other servers were never answered`);
    for (const nsp of namespaces) {
      let told: string[] | undefined;
      member.input(() => void member.fetch(nsp).then((found) => (told = found)));
      this.#run(200);
      const expected = this.#members.flatMap((other) => other.own(nsp)).toSorted();
      if (told?.join("; ") !== expected.join("; ")) this.#fail("I8", `server ${member.number} knows of ${told?.join("; ") ?? "nothing"}, not of ${expected.join("; ")}`);
    }
  }

  #fail(id: string, message: string): void {
    this.#violation ??= { id, message, time: this.#world.now };
  }
}
