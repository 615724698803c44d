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

/** Milliseconds after which it takes a server for dead that does not say anything any more. */
const EXPIRY = 1500;

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
  readonly #subscribers = new Map<number, Subscriber>();
  readonly #held: Held[] = [];
  /** When the last message is there, by the way it takes. */
  readonly #last = new Map<string, number>();

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  subscribe(number: number, subscriber: Subscriber): void {
    this.#subscribers.set(number, subscriber);
  }

  /** A server has died. Nobody says so. */
  lose(number: number): void {
    this.#world.after(EXPIRY, () => this.#subscribers.delete(number));
  }

  /** How many servers there are, as far as it knows. */
  count(): number {
    if (this.isGone) throw new Error("the broker is gone");
    return this.#subscribers.size;
  }

  /** Settles when the broker has it. */
  publish(from: number, message: Text): Promise<void> {
    if (this.isGone) return Promise.reject(new Error("the broker is gone"));
    const publisher = this.#subscribers.get(from)!;
    return new Promise((resolve) => {
      const settle = (): void => this.#arrive(from, "answer", () => publisher.input(resolve));
      if (this.#hangs) this.#held.push({ from, message, settle });
      else this.#pass({ from, message, settle });
    });
  }

  /** Something that no server has sent. */
  inject(to: number, message: Text): void {
    const subscriber = this.#subscribers.get(to)!;
    subscriber.input(() => subscriber.receive(message));
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
    for (const [to, subscriber] of this.#subscribers) {
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
