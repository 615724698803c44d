import type { DrainOptions, Limits } from "../../src/index.ts";
import type { Reply, RequestLike, WebSocketLike } from "../../src/platform.ts";
import type { Act } from "./acts.ts";
import { type Client, moderate, ordinary } from "./clients/client.ts";
import { createClient } from "./clients/create.ts";
import { attack } from "./clients/grammar.ts";
import { SocketClient } from "./clients/socket-client.ts";
import type { Site } from "./network/site.ts";
import type { SimulatedWebSocket } from "./network/web-socket.ts";
import type { Observations, Saw } from "./observations.ts";
import { ServerProcess } from "./process.ts";
import { Random } from "./random.ts";
import type { Scenario, Step } from "./scenario.ts";
import { ServerLife } from "./server.ts";
import { World } from "./world.ts";

const quietEmit: Act = { do: "emit", pad: 0, blobs: 0, volatile: false, ack: "none", ms: 0 };
const quietBroadcast: Act = { do: "broadcast", from: "namespace", rooms: [], except: [], pad: 0, volatile: false, ack: "none", ms: 0 };

/** What watches a simulation. */
export interface Observer {
  saw: Saw;
  turnEnded(): void;
}

/** One world: a server, its clients, the network between them, and whoever watches. */
export class Simulation implements Site {
  readonly scenario: Scenario;
  readonly world = new World();
  readonly clients: Client[];
  readonly manners: Scenario["platform"];
  life: ServerLife;
  /** Whether the faults and what they led to are over: nobody has a reason to end. */
  isQuiet = false;
  /** Whether the server is going in good order, with nothing else wrong. */
  isRestarting = false;
  #observer: Observer;
  /** Calls of `close` that have not settled. */
  #closings = 0;
  #lives = 0;
  #items = 0;
  #exchanges = 0;
  /** Requests that the server has not answered. */
  #openExchanges = 0;
  readonly #webSockets = new WeakMap<WebSocketLike, SimulatedWebSocket>();

  constructor(scenario: Scenario, observe: (simulation: Simulation) => Observer) {
    this.scenario = scenario;
    this.manners = scenario.platform;
    this.#observer = observe(this);
    this.life = this.#start();
    const place = { world: this.world, seed: scenario.seed, site: this, nextItem: () => this.#items++ };
    this.clients = scenario.clients.map((plan, number) => createClient(number, plan, place));
  }

  get now(): number {
    return this.world.now;
  }

  // ---- phases

  /** Takes the scenario's steps, one after the other. */
  takeSteps(over: () => boolean): void {
    for (const step of this.scenario.steps) {
      this.world.runUntil(this.now + step.after, over);
      if (over()) return;
      this.saw("step", { what: () => JSON.stringify(step) });
      this.#take(step);
    }
    this.world.runUntil(this.now + 100, over);
  }

  /** Ends every fault; clients that were sent away come back, if they want to. */
  heal(): void {
    this.saw("step", { what: () => "heal" });
    for (const [number, client] of this.clients.entries()) {
      const { line } = client;
      line.repair();
      client.auth = ordinary;
      client.greetings = 0;
      client.answers = "now";
      if (!client.isGood) client.leave();
      else if (number === 0) client.connect();
      moderate(client, this.scenario.options.limits as Partial<Limits>);
      client.insist();
    }
    this.life.process.goOn();
    this.life.process.deferral = () => 0;
    this.life.process.alarmManners = { lateness: () => 0, twice: () => false };
  }

  /** Everybody says something to everybody. */
  talk(over: () => boolean): void {
    this.isQuiet = true;
    const { app, process } = this.life;
    for (const client of this.clients) {
      client.insist();
      this.world.runUntil(this.now + 300, over);
      for (const nsp of client.wants) client.emit({ nsp, act: { do: "nothing" }, pad: 0, blobs: 0, ack: true });
    }
    // One at a time: the limits may be tiny.
    for (const [index] of app.members.all().entries()) {
      process.input(() => app.step(quietEmit, index));
      this.world.runUntil(this.now + 20, over);
      process.input(() => app.step(quietBroadcast, index));
      this.world.runUntil(this.now + 20, over);
    }
    this.world.runUntil(this.now + 1500, over);
  }

  /** The server goes in good order, with something still to say, and is there again a while after. */
  restart(drain: DrainOptions, over: () => boolean): void {
    this.isQuiet = false;
    const { app, process } = this.life;
    this.isRestarting = true;
    process.input(() => {
      for (const [index] of app.members.all().entries()) app.step(quietEmit, index);
      this.#close(drain);
    });
    const { drain: draining = 0, spread = 0, force = 0 } = drain;
    this.world.runUntil(this.now + draining + spread + force + 3000, over);
    this.isRestarting = false;
  }

  /** All clients leave. */
  empty(over: () => boolean): void {
    this.saw("step", { what: () => "all leave" });
    this.isQuiet = false;
    for (const client of this.clients) client.leave();
    this.world.runUntil(this.now + 100_000, over);
  }

  run(milliseconds: number, over: () => boolean): void {
    return this.world.runUntil(this.now + milliseconds, over);
  }

  /** Forgets all but the server, so that what the server itself holds can be told from what the simulation does. */
  letGo(): void {
    this.#observer = { saw: () => {}, turnEnded: () => {} };
    this.clients.length = 0;
    this.world.forget();
    this.life.app.members.forgetLost();
  }

  // ---- steps

  #take(step: Step): void {
    const client = "client" in step ? this.clients[step.client % this.clients.length]! : undefined;
    if (client === undefined) this.#takeAtServer(step);
    else this.#takeAtClient(step, client);
  }

  #takeAtServer(step: Step): void {
    const { process, app } = this.life;
    switch (step.do) {
      case "app":
        return process.input(() => app.step(step.act, step.choice));
      case "pause":
        return process.pause(step.ms);
      case "clock jump":
        process.clockError += step.ms;
        return;
      case "restart":
        return this.#restart();
      case "evict":
        return this.#evict();
      case "close server":
        return process.input(() => this.#close(step.drain));
      default: // steps of clients
    }
  }

  #takeAtClient(step: Step, client: Client): void {
    switch (step.do) {
      case "say":
        return client.emit(step.message);
      case "come":
        return client.connect();
      case "go":
        return client.leave();
      case "join":
        return client.join(step.nsp);
      case "leave namespace":
        return client.leaveNamespace(step.nsp);
      case "auth":
        client.auth = step.auth;
        return;
      case "answers":
        client.answers = step.answers;
        return;
      case "heal":
        return client.line.heal();
      case "cut":
        return client.line.cut(step.cut, step.which);
      case "stall":
        return client.line.stall(step.direction);
      case "attack":
        return client instanceof SocketClient ? attack(client, step.input) : undefined;
      default: // steps of the server
    }
  }

  // ---- lives of the server

  #start(before?: ServerLife): ServerLife {
    const { seed, options, faults } = this.scenario;
    const number = this.#lives++;
    this.#closings = 0;
    const process = new ServerProcess(this.world, new Random(seed, `ids ${number}`), {
      turnEnded: () => {
        this.life.save();
        this.#observer.turnEnded();
      },
      threw: (error) => this.threw(error),
      reported: (message, error) => this.threw(new Error(`${message}: ${String(error)}`)),
    }, this.scenario.platform.sleeps, this.#lives === 1 ? 0 : this.life.process.pausedFor);
    const alarms = new Random(seed, `alarms ${number}`);
    process.alarmManners = {
      lateness: () => (faults.includes("late alarm") ? alarms.pick([0, 0, 3, 40, 900, 1500]) : 0),
      twice: () => faults.includes("double alarm") && alarms.chance(0.3),
    };
    if (faults.includes("busy server")) process.deferral = () => alarms.pick([0, 0, 2, 15]);
    return new ServerLife(process, options, {
      saw: this.saw,
      later: (milliseconds, run) => this.world.after(milliseconds, () => process.input(run)),
      now: () => this.world.now,
      nextItem: () => this.#items++,
      close: (drain) => this.#close(drain),
      isCalm: this.scenario.calm === true,
    }, before);
  }

  /** Once it has closed, it opens again. */
  #close(drain?: DrainOptions): void {
    const { process, io } = this.life;
    this.saw("serverCloses", { drain });
    this.#closings += 1;
    const closing = drain === undefined ? io.close() : io.close(drain);
    void closing.then(() => {
      if (process !== this.life.process) return;
      this.saw("serverClosed", {});
      this.#closings -= 1;
      this.world.after(200, () => process.input(() => {
        if (this.#closings > 0) return;
        io.reopen();
        this.saw("serverOpens", {});
      }));
    });
  }

  /** The process goes while nothing keeps it, and comes back at once. */
  #evict(): void {
    const before = this.life;
    const { process } = before;
    if (!process.sleeps || !process.isIdle || !process.mayGo || this.#openExchanges > 0) return;
    process.kill();
    this.saw("serverSlept", {});
    this.life = this.#start(before);
    const { life } = this;
    // Before anything else reaches it, alarms too.
    life.process.turn(() => {
      life.wake(before, (ws, handler) => this.#webSockets.get(ws)?.adopt(handler)).catch((error: unknown) => this.threw(error));
    });
  }

  #restart(): void {
    this.life.process.kill();
    this.saw("serverDied", {});
    for (const client of this.clients) client.line.cut("reset");
    this.life = this.#start();
  }

  // ---- the server's address

  saw = <Kind extends keyof Observations>(kind: Kind, what: Observations[Kind]): void => {
    if (kind === "exchangeOpened") this.#openExchanges += 1;
    if (kind === "exchangeAnswered") this.#openExchanges -= 1;
    if (kind === "serverDied") this.#openExchanges = 0;
    this.#observer.saw(kind, what);
  };

  accepted(end: WebSocketLike, ws: SimulatedWebSocket): void {
    this.#webSockets.set(end, ws);
  }

  input(run: () => void): void {
    this.life.process.input(run);
  }

  clock(): number {
    return this.life.process.now();
  }

  handle(request: RequestLike): Promise<Reply | undefined> {
    return this.life.io.handle(request);
  }

  threw(error: unknown): void {
    this.saw("threw", { error });
  }

  nextExchange(): number {
    return this.#exchanges++;
  }
}
