import type { Observations } from "../observations.ts";
import { Random, weights } from "../random.ts";
import type { Outcome, Violation } from "../run.ts";
import { inTurn } from "../turn.ts";
import { Trace } from "../trace.ts";
import { World } from "../world.ts";
import { Broker } from "./broker.ts";
import { Guest } from "./guest.ts";
import { Member, type Surroundings, namespaces } from "./member.ts";
import { Promises } from "./promises.ts";
import { Questions } from "./questions.ts";

const rooms = ["r1", "r2", "r3"];

const kinds = weights({
  broadcast: 300,
  question: 30,
  "join by room": 60,
  "leave by room": 40,
  "disconnect by room": 6,
  join: 60,
  tell: 30,
  ask: 10,
  cut: 15,
  come: 30,
  go: 8,
  move: 12,
  die: 8,
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
  '{"kind":"count","nsp":"/","ask":"none","clients":1}',
  '{"kind":"reply","nsp":"/","ask":"none","value":1}',
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
  readonly #questions: Questions;
  readonly #around: Surroundings;
  /** Those that live. */
  readonly #members: Member[] = [];
  readonly #guests: Guest[];
  readonly #seed: number;
  /** Whether questions without a deadline are asked: it takes long until they are settled. */
  readonly #mayWait: boolean;
  #lives = 0;
  readonly #trace: Trace | undefined;
  #violation: Violation | undefined;

  constructor(seed: number, trace: Trace | undefined) {
    this.#seed = seed;
    this.#trace = trace;
    this.#random = new Random(seed, "cluster");
    this.#broker = new Broker(this.#world, new Random(seed, "broker"));
    const fail = (id: string, message: string): void => void (this.#violation ??= { id, message, time: this.#world.now });
    this.#promises = new Promises(fail);
    this.#questions = new Questions(fail);
    this.#mayWait = new Random(seed, "patience").chance(0.05);
    const servers = this.#random.between(2, 3);
    this.#around = { world: this.#world, broker: this.#broker, promises: this.#promises, questions: this.#questions, servers, saw: this.#saw, fail };
    for (let started = 0; started < servers; started++) this.#startMember();
    this.#guests = Array.from({ length: this.#random.between(2, 5) }, (_, number) => this.#createGuest(number));
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

  #startMember(): void {
    const number = this.#lives++;
    this.#members.push(new Member(number, new Random(this.#seed, `ids ${number}`), this.#around));
  }

  #createGuest(number: number): Guest {
    const random = new Random(this.#seed, `line ${number}`);
    return new Guest(number, this.#world, random, () => random.pick(this.#members));
  }

  readonly #saw = <Kind extends keyof Observations>(kind: Kind, what: Observations[Kind]): void => {
    this.#trace?.note(this.#world.now, kind, what);
    if (kind === "arrived") this.#arrived(what as Observations["arrived"]);
  };

  #arrived({ sid, item }: Observations["arrived"]): void {
    this.#promises.arrived(sid, item);
    const guest = this.#guests.find(({ client }) => client.sid === sid);
    if (guest !== undefined && guest.client.answers !== "never") this.#questions.willBeAnswered(item);
  }

  #run(milliseconds: number): void {
    this.#world.runUntil(this.#world.now + milliseconds, () => this.#violation !== undefined);
  }

  // ---- steps

  #step(): void {
    this.#run(this.#random.chance(0.4) ? 0 : this.#random.between(1, 50));
    const kind = this.#random.weighed(kinds);
    const member = this.#random.pick(this.#members);
    const guest = this.#random.pick(this.#guests);
    const [nsp, room] = [this.#random.pick(namespaces), this.#random.pick(rooms)];
    this.#saw("step", { what: () => `${kind} at ${member.number}, client ${guest.number}, ${nsp} ${room}` });
    if (!this.#takeFault(kind, member, guest)) this.#takeAct(kind, member, nsp, room);
  }

  #takeAct(kind: string, member: Member, nsp: string, room: string): void {
    const to = rooms.filter(() => this.#random.chance(0.4));
    const except = rooms.filter(() => this.#random.chance(0.1));
    const isLocal = this.#random.chance(0.1);
    const count = this.#random.pick([1, 1, 3]);
    const ms = this.#random.pick([20, 100, 1500, this.#mayWait ? undefined : 500]);
    member.input(() => {
      if (kind === "broadcast") for (let sent = 0; sent < count; sent++) member.broadcast(nsp, to.slice(sent), except, isLocal);
      if (kind === "question") member.question(nsp, to, ms, isLocal);
      if (kind === "join by room") member.io.of(nsp).in(to).socketsJoin(room);
      if (kind === "leave by room") member.io.of(nsp).in(to).socketsLeave(room);
      if (kind === "disconnect by room") member.io.of(nsp).in(room).disconnectSockets(isLocal);
      if (kind === "tell") member.tellOthers(nsp);
      if (kind === "ask") member.askOthers(nsp);
      if (kind === "join") for (const socket of member.io.of(nsp).sockets.values()) void socket.join(room);
    });
  }

  #takeFault(kind: string, member: Member, guest: Guest): boolean {
    switch (kind) {
      case "cut":
        guest.cut();
        return true;
      case "come":
        guest.come();
        return true;
      case "go":
        guest.go();
        return true;
      case "move":
        guest.move(this.#random.pick(["in order", "reset", "vanished"]));
        return true;
      case "die":
        this.#kill(member);
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

  /** One goes on at least; a new one comes a while later. */
  #kill(member: Member): void {
    if (this.#members.length === 1) return;
    member.kill();
    this.#members.splice(this.#members.indexOf(member), 1);
    for (const guest of this.#guests) if (guest.home === member) guest.move("reset");
    this.#world.after(this.#random.between(200, 3000), () => this.#startMember());
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
    for (const guest of this.#guests) {
      guest.come();
      guest.answers = "now";
    }
    this.#run(6000);
    for (const guest of this.#guests) guest.come();
    this.#run(500);
    if (!this.#questions.areSettled) this.#run(30_000);
    this.#ask();
    const items: string[] = [];
    for (const member of this.#members) member.input(() => items.push(member.broadcast("/", [], [], false)));
    this.#run(500);
    for (const guest of this.#guests) if (this.#violation === undefined) this.#checkGuest(guest);
    for (const nsp of namespaces) this.#checkPlaces(nsp);
    for (const member of this.#members) if (this.#violation === undefined) this.#checkServer(member, items);
  }

  /** Each server asks all clients, and gets all answers. */
  #ask(): void {
    for (const member of this.#members) {
      let item = "";
      member.input(() => (item = member.question("/", [], 1000, member.number % 2 === 0)));
      this.#run(300);
      if (this.#violation === undefined) this.#questions.checkComplete(item, this.#guests.length);
    }
    if (this.#violation === undefined) this.#questions.checkAll();
  }

  #checkGuest({ client }: Guest): void {
    if (!client.isContent) this.#fail("I33", `client ${client.number} is not where it wants to be: ${client.status}`);
    else this.#promises.settled(client.sid);
  }

  /** Who has moved, or was at a server that died, is where it is now, and nowhere else. */
  #checkPlaces(nsp: string): void {
    const there = this.#members.flatMap((member) => member.sids(nsp)).toSorted();
    const clients = this.#guests.filter(({ client }) => client.wants.has(nsp)).map(({ client }) => client.sid).toSorted();
    if (there.join() !== clients.join()) this.#fail("I8", `in ${nsp} are ${there.join()}, and the clients are ${clients.join()}`);
  }

  #checkServer(member: Member, items: readonly string[]): void {
    const missing = items.find((item) => !this.#promises.hasReached(member.number, item));
    if (missing !== undefined) this.#fail("I10", `${missing} has not reached server ${member.number}`);
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
