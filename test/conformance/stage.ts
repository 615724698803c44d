/** One scenario at work: its server, its clients, and what it needs to wait for them. */
import assert from "node:assert/strict";
import type { ManagerOptions, Socket as Client, SocketOptions } from "socket.io-client";
import { refusal, type Refusal } from "../interop/library.ts";
import { Proxy } from "../interop/proxy.ts";
import { Queue } from "../interop/queue.ts";
import type { Profile } from "./app.ts";
import type { Cast, Way } from "./feature.ts";
import type { Certificate, DialOptions, Held, Host, Running, Transport, Wire } from "./host.ts";
import { admitting, type Library } from "./libraries.ts";
import { within } from "./patience.ts";
import { RawSession } from "./raw-session.ts";

export type ClientOptions = Partial<Omit<ManagerOptions & SocketOptions, "transports">>;

/** What the app tells with `who am I`. */
export interface Identity {
  readonly id: string;
  readonly data: Record<string, unknown>;
  readonly recovered: boolean;
  /** Without the one that every socket has for itself. */
  readonly rooms: string[];
  readonly transport: string;
  readonly namespace: string;
  readonly headers: Record<string, string>;
  readonly query: Record<string, string>;
  readonly address: string;
  readonly secure: boolean;
  readonly xdomain: boolean;
  readonly url: string;
  readonly auth: unknown;
}

let names = 0;

export class Stage {
  readonly cast: Cast;
  readonly way: Way;
  readonly running: Running;
  readonly #ends: (() => unknown)[] = [];

  constructor(cast: Cast, way: Way, running: Running) {
    this.cast = cast;
    this.way = way;
    this.running = running;
  }

  get host(): Host {
    return this.cast.host;
  }

  get library(): Library {
    return this.cast.library;
  }

  get url(): string {
    return this.running.url;
  }

  // ---- clients

  /** A client with a connection of its own. */
  client(namespace = "/", options: ClientOptions = {}, url: string = this.url): Client {
    const client = this.library.io(url + namespace, {
      forceNew: true,
      reconnection: false,
      rejectUnauthorized: false,
      ...options,
      transports: this.#transports,
    });
    this.#ends.push(() => {
      client.io.reconnection(false);
      client.disconnect();
      client.io.engine.close();
    });
    return client;
  }

  get #transports(): ("polling" | "websocket")[] | Transport[] {
    const steps = this.way === "upgrade" ? ["polling", "websocket"] as const : [this.way];
    return this.library.takesTransports ? steps.map((step) => this.host.network[step]) : [...steps];
  }

  /** Whether the client's transport leaves this text as it is. */
  carries(value: unknown): boolean {
    const mangles = this.library.pollsAsciiOnly && this.way === "polling";
    return typeof value !== "string" || !mangles || /^[\x00-\x7f]*$/.test(value);
  }

  /** A client that is connected, on its last transport. */
  async join(namespace = "/", options: ClientOptions = {}, url: string = this.url): Promise<Client> {
    const client = this.client(namespace, options, url);
    const upgraded = this.way === "upgrade" ? next(client.io.engine, "upgrade") : undefined;
    await Promise.all([connected(client), upgraded]);
    return client;
  }

  /** What the server says to a client that it does not let in. */
  refusal(client: Client): Promise<Refusal> {
    return within("a refusal", refusal(client, this.library));
  }

  /** Several of them, connected one after the other. */
  async joinAll<const Names extends readonly string[]>(...who: Names): Promise<{ [Name in keyof Names]: Client }> {
    const clients: Client[] = [];
    for (const _ of who) clients.push(await this.join());
    return clients as { [Name in keyof Names]: Client };
  }

  // ---- the wire

  fetch(query: string, init?: RequestInit): Promise<Response> {
    return this.host.network.fetch(`${this.url}/socket.io/${query}`, init);
  }

  async dial(query: string, options?: DialOptions): Promise<Wire> {
    const wire = await this.host.network.dial(`${this.url.replace(/^http/, "ws")}/socket.io/${query}`, options);
    this.#ends.push(() => wire.cut());
    return wire;
  }

  /** A session without the released client: everything on its wire is the test's. */
  raw(): Promise<RawSession> {
    return RawSession.open(this);
  }

  /** Another way to the server, on which WebSocket handshakes wait. */
  async holdUpgrades(): Promise<Held> {
    const held = await this.host.network.holdUpgrades(this.url);
    this.#ends.push(() => held.end());
    return held;
  }

  /** Another way to the server, which can stall and break. */
  async proxy(): Promise<Proxy> {
    const proxy = await Proxy.before(this.url);
    this.#ends.push(() => proxy.close());
    return proxy;
  }

  // ---- the server

  /** Between two steps of a scenario, a host that sleeps does so. */
  async step(): Promise<void> {
    if (this.cast.manner !== "awake") await this.sleep();
  }

  /** Makes the server forget; its next input wakes it. */
  async sleep(): Promise<void> {
    assert.ok(this.running.evict, "the host cannot sleep");
    await this.running.evict();
  }

  /** A server for this scenario alone. */
  async start(profile: Profile, certificate?: Certificate): Promise<Stage> {
    const running = await this.host.start({ profile, certificate, ...admitting(this.library) });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= running.stop());
    this.#ends.push(stop);
    const stage = new Stage(this.cast, this.way, { ...running, stop });
    this.#ends.push(() => stage.end());
    return stage;
  }

  /** Calls `end` when the scenario is over; what was begun last ends first. */
  whenOver(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Ends what the scenario began, the latest first. */
  async end(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
  }

  /** Sends a packet behind the client's back, on a polling request of its own. */
  async post(client: Client, packet: string): Promise<void> {
    const { engineProtocol } = this.library;
    const { id } = client.io.engine as unknown as { id: string };
    const body = engineProtocol === 3 ? `${packet.length}:${packet}` : packet;
    await (await this.fetch(`?EIO=${engineProtocol}&transport=polling&sid=${id}`, { method: "POST", body })).text();
  }

  /** A name that no other scenario uses. */
  unique(name: string): string {
    names += 1;
    return `${name} ${names}`;
  }
}

// ---- what clients do

/** Settles once the client is connected; rejects when it is refused. */
export function connected(client: Client): Promise<void> {
  return within("a connection", new Promise((resolve, reject) => {
    client.once("connect", resolve);
    client.once("connect_error", reject);
    // What clients before version 3 call a refusal.
    client.once("error" as never, reject);
  }));
}

/** The server's answer, in a way that every client knows. */
export function ask<Answer = unknown>(client: Client, event: string, ...args: unknown[]): Promise<Answer> {
  return within(`the answer to "${event}"`, new Promise((resolve) => client.emit(event, ...args, resolve)));
}

export function whoIs(client: Client): Promise<Identity> {
  return ask<Identity>(client, "who am I");
}

interface Emitting {
  once(event: never, listener: (...args: unknown[]) => void): unknown;
}

/** The arguments of the next `event`. */
export function next<Args extends unknown[] = unknown[]>(emitter: Emitting, event: string): Promise<Args> {
  const coming = new Promise<Args>((resolve) => emitter.once(event as never, (...args) => resolve(args as Args)));
  const result = within(`"${event}"`, coming);
  // Where a test fails before it looks, that failure is the one to report.
  result.catch(() => {});
  return result;
}

/** Every event that the client gets from now on. */
export function hear(client: Client): Queue<unknown[]> {
  const [heard, listener] = Queue.of();
  client.onAny(listener);
  return heard;
}

/** Names of the events that come before "end". */
export async function untilEnd(heard: Queue<unknown[]>): Promise<unknown[]> {
  const events: unknown[] = [];
  for (;;) {
    const [name] = await within('"end"', heard.next());
    if (name === "end") return events;
    events.push(name);
  }
}

/** Plain numbers, whatever holds the bytes. */
export function bytesOf(value: unknown): number[] {
  assert.ok(value instanceof ArrayBuffer || ArrayBuffer.isView(value), `expected bytes, got ${String(value)}`);
  return value instanceof ArrayBuffer ? [...new Uint8Array(value)] : [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
}
