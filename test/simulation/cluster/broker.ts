import type { Random } from "../random.ts";
import type { World } from "../world.ts";

/** What servers say to each other, as it travels: plain JSON. */
export type Text = string;

/** One server, as the broker knows it. */
export interface Subscriber {
  /** Runs something in a turn of the server's process. */
  input(run: () => void): void;
  receive(message: Text): void;
}

interface Held {
  readonly from: number;
  readonly message: Text;
  readonly settle: () => void;
}

/** Carries messages between servers: in the order of each publisher, after a while, and not always. */
export class Broker {
  latency: readonly [least: number, most: number] = [1, 30];
  /** Whoever publishes is told at once that it failed. */
  isGone = false;
  /** Takes messages, and neither passes them on nor says that it has them, until it goes on. */
  #hangs = false;
  /** Servers that it cannot reach; they do not notice. */
  readonly apart = new Set<number>();
  readonly #world: World;
  readonly #random: Random;
  readonly #subscribers: Subscriber[] = [];
  readonly #held: Held[] = [];
  /** When the last message is there, by the way it takes. */
  readonly #last = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  subscribe(subscriber: Subscriber): void {
    this.#subscribers.push(subscriber);
  }

  /** Settles when the broker has it. */
  publish(from: number, message: Text): Promise<void> {
    if (this.isGone) return Promise.reject(new Error("the broker is gone"));
    return new Promise((resolve) => {
      const settle = (): void => this.#arrive(from, "answer", () => this.#subscribers[from]!.input(resolve));
      if (this.#hangs) this.#held.push({ from, message, settle });
      else this.#pass({ from, message, settle });
    });
  }

  /** Something that no server has sent. */
  inject(to: number, message: Text): void {
    this.#subscribers[to]!.input(() => this.#subscribers[to]!.receive(message));
  }

  hang(): void {
    this.#hangs = true;
  }

  heal(): void {
    this.#hangs = false;
    this.isGone = false;
    this.apart.clear();
    this.latency = [1, 30];
    for (const held of this.#held.splice(0)) this.#pass(held);
  }

  #pass({ from, message, settle }: Held): void {
    settle();
    for (const [to, subscriber] of this.#subscribers.entries()) {
      if (to === from || this.apart.has(to) || this.apart.has(from)) continue;
      this.#arrive(from, String(to), () => subscriber.input(() => subscriber.receive(message)));
    }
  }

  #arrive(from: number, to: string, run: () => void): void {
    const way = `${from} ${to}`;
    const [least, most] = this.latency;
    const time = Math.max(this.#last.get(way) ?? 0, this.#world.now + this.#random.between(least, most));
    this.#last.set(way, time);
    this.#world.at(time, run);
  }
}
