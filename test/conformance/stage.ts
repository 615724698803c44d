/** One scenario at work: its server, its clients, and what it needs to wait for them. */
import assert from "node:assert/strict";
import { io as connect, type ManagerOptions, type Socket as Client, type SocketOptions } from "socket.io-client";
import { Queue } from "../interop/queue.ts";
import type { Profile } from "./app.ts";
import type { Way } from "./feature.ts";
import type { DialOptions, Host, Running, Transport, Wire } from "./host.ts";
import { PATIENCE, within } from "./patience.ts";
import { RawSession } from "./raw-session.ts";

export type ClientOptions = Partial<Omit<ManagerOptions & SocketOptions, "transports">> & {
  readonly transports?: readonly Transport[];
};

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
  readonly host: Host;
  readonly way: Way;
  readonly running: Running;
  readonly #evicts: boolean;
  readonly #ends: (() => unknown)[] = [];

  constructor(host: Host, way: Way, running: Running, evicts: boolean) {
    this.host = host;
    this.way = way;
    this.running = running;
    this.#evicts = evicts;
  }

  get url(): string {
    return this.running.url;
  }

  // ---- clients

  /** A client with a connection of its own. */
  client(namespace = "/", options: ClientOptions = {}, url: string = this.url): Client {
    const client = connect(url + namespace, {
      forceNew: true,
      reconnection: false,
      rejectUnauthorized: false,
      ...options,
      transports: [...(options.transports ?? this.transports)],
    });
    this.#ends.push(() => {
      client.io.reconnection(false);
      client.disconnect();
      client.io.engine.close();
    });
    return client;
  }

  get transports(): readonly Transport[] {
    const { polling, websocket } = this.host.network;
    return { polling: [polling], websocket: [websocket], upgrade: [polling, websocket] }[this.way];
  }

  /** A client that is connected, on its last transport. */
  async join(namespace = "/", options: ClientOptions = {}): Promise<Client> {
    const client = this.client(namespace, options);
    const upgraded = this.way === "upgrade" ? next(client.io.engine, "upgrade") : undefined;
    await Promise.all([connected(client), upgraded]);
    return client;
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

  // ---- the server

  /** Between two steps of a scenario, a host that sleeps does so. */
  async step(): Promise<void> {
    if (this.#evicts) await this.sleep();
  }

  /** Makes the server forget; its next input wakes it. */
  async sleep(): Promise<void> {
    assert.ok(this.running.evict, "the host cannot sleep");
    await this.running.evict();
  }

  /** A server for this scenario alone. */
  async start(profile: Profile, certificate?: { cert: string; key: string }): Promise<Stage> {
    const running = await this.host.start(profile, certificate);
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= running.stop());
    this.#ends.push(stop);
    const stage = new Stage(this.host, this.way, { ...running, stop }, this.#evicts);
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
  }));
}

/** The server's answer. */
export function ask<Answer = unknown>(client: Client, event: string, ...args: unknown[]): Promise<Answer> {
  return client.timeout(PATIENCE).emitWithAck(event, ...args) as Promise<Answer>;
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
