import { type EngineManners, goodManners } from "../clients/engine-client.ts";
import { SocketClient } from "../clients/socket-client.ts";
import { type Cut, Line } from "../network/line.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import type { Member } from "./member.ts";

/** How a client leaves its server: in good order, or not. */
export type Leave = "in order" | Cut;

/** A client that any server of the cluster may have, one after the other. */
export class Guest {
  readonly number: number;
  client: SocketClient;
  home: Member;
  readonly #world: World;
  readonly #random: Random;
  readonly #pickHome: () => Member;
  readonly #line: Line;
  readonly #manners: EngineManners;
  readonly #wants: readonly string[];
  #isOnItsWay = false;
  #answers: SocketClient["answers"];

  constructor(number: number, world: World, random: Random, pickHome: () => Member) {
    this.number = number;
    this.#world = world;
    this.#random = random;
    this.#pickHome = pickHome;
    this.#line = new Line(world, random, { latency: [1, 8], window: 65_536 });
    this.#manners = random.chance(0.5) ? goodManners : { ...goodManners, transport: "websocket", upgrades: false };
    this.#wants = random.chance(0.5) ? ["/", "/a"] : ["/"];
    this.#answers = random.pick(["now", "now", "later", "twice", "never"]);
    this.home = pickHome();
    this.client = this.#arrive();
  }

  /** How it answers from now on, wherever it is. */
  set answers(answers: SocketClient["answers"]) {
    this.#answers = answers;
    this.client.answers = answers;
  }

  come(): void {
    if (this.#isOnItsWay) return;
    this.client.connect();
    this.client.insist();
  }

  go(): void {
    this.client.leave();
  }

  cut(): void {
    this.#line.cut("reset");
  }

  /** Leaves its server, and comes a while later, to whichever server takes it. */
  move(leave: Leave): void {
    if (this.#isOnItsWay) return;
    this.#isOnItsWay = true;
    this.client.leave();
    if (leave !== "in order") this.#line.cut(leave);
    this.#world.after(this.#random.between(50, 400), () => {
      this.#isOnItsWay = false;
      this.home = this.#pickHome();
      this.client = this.#arrive();
    });
  }

  #arrive(): SocketClient {
    const client = new SocketClient(this.number, this.#line, this.home, this.#manners, () => 0);
    client.answers = this.#answers;
    for (const nsp of this.#wants) client.wants.add(nsp);
    client.connect();
    return client;
  }
}
