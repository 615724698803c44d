import { Adapter, type BroadcastOptions, type LocalSockets, type Room, type SocketDetails } from "../../../src/index.ts";
import type { Packet } from "../../../src/wire/packet.ts";

/** Options of a broadcast, as JSON has them. */
interface Selection {
  readonly rooms: readonly Room[];
  readonly except: readonly Room[];
  readonly flags: BroadcastOptions["flags"];
}

type Request =
  | { readonly kind: "broadcast"; readonly nsp: string; readonly packet: Packet; readonly to: Selection }
  | { readonly kind: "question"; readonly nsp: string; readonly packet: Packet; readonly to: Selection; readonly ask: string }
  | { readonly kind: "count"; readonly nsp: string; readonly ask: string; readonly clients: number }
  | { readonly kind: "reply"; readonly nsp: string; readonly ask: string; readonly value: unknown }
  | { readonly kind: "join" | "leave"; readonly nsp: string; readonly to: Selection; readonly rooms: Room[] }
  | { readonly kind: "disconnect"; readonly nsp: string; readonly to: Selection; readonly close: boolean }
  | { readonly kind: "emit"; readonly nsp: string; readonly args: unknown[]; readonly ask: string | undefined; readonly from: number }
  | { readonly kind: "fetch"; readonly nsp: string; readonly to: Selection; readonly ask: string; readonly from: number }
  | { readonly kind: "answer"; readonly nsp: string; readonly ask: string; readonly value: unknown; readonly from: number };

/** The way of one server to the others. */
export interface Wire {
  readonly number: number;
  publish(message: string): Promise<void>;
  after(milliseconds: number, run: () => void): void;
  nextAsk(): string;
  /** How many servers there are, as far as the broker knows; throws where it is gone. */
  count(): number;
}

interface Asked {
  readonly values: unknown[];
  readonly servers: number;
  settle(): void;
}

/** A broadcast that clients of all servers answer. */
interface Question {
  counted(clients: number): void;
  answered(value: unknown): void;
}

/** Milliseconds for which answers are handed on that come when nobody waits any more. */
const LATE = 2000;

/** Milliseconds that it waits for other servers. */
const TIMEOUT = 1000;

/** The smallest adapter for several servers: like published ones it hands an event to its own sockets once the broker has it. */
export class BrokerAdapter extends Adapter {
  readonly #wire: Wire;
  readonly #asked = new Map<string, Asked>();
  readonly #questions = new Map<string, Question>();

  constructor(nsp: LocalSockets, wire: Wire) {
    super(nsp);
    this.#wire = wire;
  }

  override async serverCount(): Promise<number> {
    return this.#wire.count();
  }

  override async broadcast(packet: Packet, options: BroadcastOptions): Promise<void> {
    if (options.flags?.local !== true) await this.#publish({ kind: "broadcast", nsp: this.nsp.name, packet, to: selectionOf(options) });
    super.broadcast(packet, options);
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): (() => void) | void {
    const ask = this.#wire.nextAsk();
    this.#questions.set(ask, { counted, answered });
    this.#wire.after(options.flags!.timeout! + LATE, () => this.#questions.delete(ask));
    this.#say({ kind: "question", nsp: this.nsp.name, packet, to: selectionOf(options), ask });
    return super.broadcastWithAck(packet, options, counted, answered, lost);
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): Promise<void> {
    super.addSockets(options, rooms);
    return this.#publish({ kind: "join", nsp: this.nsp.name, to: selectionOf(options), rooms });
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): Promise<void> {
    super.delSockets(options, rooms);
    return this.#publish({ kind: "leave", nsp: this.nsp.name, to: selectionOf(options), rooms });
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): Promise<void> {
    super.disconnectSockets(options, close);
    return this.#publish({ kind: "disconnect", nsp: this.nsp.name, to: selectionOf(options), close });
  }

  override async fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]> {
    const own = await super.fetchSockets(options);
    const { number: from } = this.#wire;
    const others = await this.#ask((ask) => this.#publish({ kind: "fetch", nsp: this.nsp.name, to: selectionOf(options), ask, from }));
    return [...own, ...(others.flat() as SocketDetails[])];
  }

  override serverSideEmit(packet: unknown[]): Promise<void> {
    const { number: from } = this.#wire;
    const last = packet.at(-1);
    if (typeof last !== "function") return this.#publish({ kind: "emit", nsp: this.nsp.name, args: packet, ask: undefined, from });
    const args = packet.slice(0, -1);
    return this.#ask((ask) => this.#publish({ kind: "emit", nsp: this.nsp.name, args, ask, from })).then((values) => void last(null, values));
  }

  /** What another server, or something that is none, has sent. */
  receive(request: Request): void {
    switch (request.kind) {
      case "broadcast":
        return super.broadcast(request.packet, optionsOf(request.to));
      case "question":
        return this.#passOn(request.packet, request.to, request.ask);
      case "count":
        return this.#questions.get(request.ask)?.counted(request.clients);
      case "reply":
        return this.#questions.get(request.ask)?.answered(request.value);
      case "join":
        return super.addSockets(optionsOf(request.to), request.rooms);
      case "leave":
        return super.delSockets(optionsOf(request.to), request.rooms);
      case "disconnect":
        return super.disconnectSockets(optionsOf(request.to), request.close);
      case "emit":
        return this.#receiveEvent(request.args, request.ask);
      case "fetch":
        return void super.fetchSockets(optionsOf(request.to)).then((found) => this.#answer(request.ask, found.map(plain)));
      case "answer":
        return this.#takeAnswer(request.ask, request.value);
      default: // a kind that a newer version may have
    }
  }

  /** Asks the sockets of this server in the name of another one. */
  #passOn(packet: Packet, to: Selection, ask: string): void {
    const nsp = this.nsp.name;
    const counted = (clients: number): void => this.#say({ kind: "count", nsp, ask, clients });
    super.broadcastWithAck(packet, optionsOf(to), counted, (value) => this.#say({ kind: "reply", nsp, ask, value }));
  }

  #receiveEvent(args: unknown[], ask: string | undefined): void {
    const answer = (value: unknown): void => this.#answer(ask!, value);
    (this.nsp as unknown as { _onServerSideEmit(args: unknown): void })._onServerSideEmit(ask === undefined ? args : [...args, answer]);
  }

  #ask(publish: (ask: string) => Promise<void>): Promise<unknown[]> {
    const ask = this.#wire.nextAsk();
    return new Promise((resolve, reject) => {
      const servers = this.#wire.count() - 1;
      const values: unknown[] = [];
      const settle = (): void => {
        this.#asked.delete(ask);
        resolve(values);
      };
      this.#asked.set(ask, { values, servers, settle });
      this.#wire.after(servers === 0 ? 0 : TIMEOUT, settle);
      publish(ask).catch(reject);
    });
  }

  #answer(ask: string, value: unknown): void {
    this.#say({ kind: "answer", nsp: this.nsp.name, ask, value, from: this.#wire.number });
  }

  #takeAnswer(ask: string, value: unknown): void {
    const asked = this.#asked.get(ask);
    asked?.values.push(value);
    if (asked?.values.length === asked?.servers) asked?.settle();
  }

  /** Where nobody would be told that it failed. */
  #say(request: Request): void {
    this.#publish(request).catch(() => {});
  }

  #publish(request: Request): Promise<void> {
    return this.#wire.publish(JSON.stringify(request));
  }
}

function selectionOf({ rooms, except, flags }: BroadcastOptions): Selection {
  return { rooms: [...rooms], except: [...(except ?? [])], flags };
}

function optionsOf({ rooms, except, flags }: Selection): BroadcastOptions {
  return { rooms: new Set(rooms), except: new Set(except), flags: flags ?? {} };
}

function plain({ id, rooms, data }: SocketDetails): SocketDetails {
  return { id, handshake: {}, rooms: [...rooms], data: data as unknown };
}
