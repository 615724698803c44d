import type { Random } from "../random.ts";
import type { World } from "../world.ts";

/** From the client to the server, or back. */
export type Direction = "up" | "down";

/** How connections end that are cut: with an error on both sides, without one, or with nobody being told. */
export type Cut = "reset" | "finished" | "vanished";

/** Something on a line that ends when the line is cut. */
export interface Cuttable {
  cut(kind: Cut): void;
}

/** How good a line is. */
export interface LineQuality {
  /** Milliseconds that anything is under way. */
  readonly latency: readonly [least: number, most: number];
  /** Bytes that the platform takes before it says that they wait. */
  readonly window: number;
}

/** A client's access to the network: all its connections share its fate. */
export class Line {
  quality: LineQuality;
  /** Whether a middle box breaks WebSocket handshakes. */
  stripsUpgrades = false;
  /** Whether the client's HTTP stack sends a POST again when its connection broke. */
  retriesPosts = false;
  /** Milliseconds after which a proxy ends a request that is not answered. */
  idleCut = Infinity;
  readonly world: World;
  readonly random: Random;
  readonly #stalled = new Set<Direction>();
  readonly #held: { readonly direction: Direction; readonly go: () => void }[] = [];
  readonly #open = new Set<Cuttable>();

  constructor(world: World, random: Random, quality: LineQuality) {
    this.world = world;
    this.random = random;
    this.quality = quality;
  }

  /** One direction of a new connection. */
  path(direction: Direction): Path {
    return new Path(this, direction);
  }

  track(connection: Cuttable): void {
    this.#open.add(connection);
  }

  forget(connection: Cuttable): void {
    this.#open.delete(connection);
  }

  /** Nothing arrives any more in this direction, until `heal`. */
  stall(direction: Direction): void {
    this.#stalled.add(direction);
    this.clearSince = Infinity;
  }

  isStalled(direction: Direction): boolean {
    return this.#stalled.has(direction);
  }

  /** Since when nothing has been stalled; `Infinity` while something is. */
  clearSince = 0;

  heal(): void {
    if (this.#stalled.size > 0) this.clearSince = this.world.now;
    this.#stalled.clear();
    for (const { go } of this.#held.splice(0)) go();
  }

  /** How often something has been cut. */
  cuts = 0;

  /** Cuts one of the open connections, or all. */
  cut(kind: Cut, which?: number): void {
    this.cuts += 1;
    const open = [...this.#open];
    const chosen = which === undefined || open.length === 0 ? open : [open[which % open.length]!];
    for (const connection of chosen) connection.cut(kind);
  }

  /** A good line from now on, whatever it was. */
  repair(): void {
    this.heal();
    this.quality = { latency: [1, 2], window: 65_536 };
    this.stripsUpgrades = false;
    this.idleCut = Infinity;
    this.clearSince = this.world.now;
  }

  /** @internal */
  hold(direction: Direction, go: () => void): void {
    this.#held.push({ direction, go });
  }

  /** @internal */
  latency(): number {
    const [least, most] = this.quality.latency;
    return this.random.between(least, most);
  }
}

/** One direction of one connection: what is sent arrives in order, after a while, or not at all. */
export class Path {
  readonly #line: Line;
  readonly #direction: Direction;
  #last = 0;
  #broken = false;
  /** What arrived while the line was stalled stays behind what was held before. */
  #held = 0;

  constructor(line: Line, direction: Direction) {
    this.#line = line;
    this.#direction = direction;
  }

  send(arrive: () => void): void {
    const { world } = this.#line;
    this.#last = Math.max(this.#last, world.now + this.#line.latency());
    world.at(this.#last, () => this.#arrive(arrive));
  }

  /** What is under way is lost, and so is all that follows. */
  break(): void {
    this.#broken = true;
  }

  #arrive(arrive: () => void): void {
    if (this.#broken) return;
    if (!this.#line.isStalled(this.#direction) && this.#held === 0) return arrive();
    this.#held += 1;
    this.#line.hold(this.#direction, () => {
      this.#held -= 1;
      this.#last = Math.max(this.#last, this.#line.world.now);
      if (!this.#broken) arrive();
    });
  }
}
