/** Lets adapters that were published for `socket.io` run as they are. */
import type { Packet } from "../wire/packet.ts";
import type { AdapterContract, AdapterFactory, BroadcastOptions, FanOut, LocalSockets, Room, SocketDetails, SocketId } from "./adapter.ts";
import { MemoryAdapter } from "./memory.ts";
import { forEachSelected } from "./rooms.ts";
import { type AnswerFunction, type OwnEvent, UpstreamNamespace, UpstreamSocket } from "./upstream-namespace.ts";

/** Milliseconds. Servers do not tell each other of sockets that left without an answer. */
const ACK_TIMEOUT = 30_000;

/** The adapter that `factory` makes, as the app sees it, and what the namespace broadcasts with. `options` are those of the server. */
export function createAdapter(
  factory: AdapterFactory,
  local: LocalSockets,
  options: object,
): { readonly adapter: AdapterContract; readonly fanOut: FanOut } {
  if (isOurs(factory)) {
    const adapter = construct(factory, local);
    return { adapter, fanOut: adapter };
  }
  const nsp = new UpstreamNamespace(local, options);
  const adapter = construct(factory, nsp);
  return { adapter, fanOut: new UpstreamFanOut(adapter, nsp) };
}

/** Whether `adapter` can give a socket back to its client. */
export function canRestore(adapter: AdapterContract): boolean {
  if (adapter.persistSession === undefined || adapter.restoreSession === undefined) return false;
  let owner: object = adapter;
  while (!Object.hasOwn(owner, "restoreSession")) owner = Object.getPrototypeOf(owner) as object;
  // The base class of `socket.io-adapter` has the methods, but they do nothing. It alone has this name.
  return !Object.hasOwn(owner, "computeExceptSids");
}

function isOurs(factory: AdapterFactory): boolean {
  return factory === MemoryAdapter || factory.prototype instanceof MemoryAdapter;
}

/** Published factories are plain functions; they are called with `new`, as classes are. An arrow function cannot be. */
function construct(factory: AdapterFactory, nsp: LocalSockets): AdapterContract {
  if (factory.prototype === undefined) return (factory as (nsp: LocalSockets) => AdapterContract)(nsp);
  return new (factory as new (nsp: LocalSockets) => AdapterContract)(nsp);
}

/**
 * Broadcasts through an adapter that may wait for a broker, or fail with it: the sockets of this server do not (G6).
 *
 * An adapter that hands an event to them at once is left alone. Where it has not by the end of the call, they get the
 * event here, and what the adapter does about them later is ignored. With connection state recovery the offset of the event
 * comes from the broker, and they wait for it; they get the event without one if the broker fails.
 */
class UpstreamFanOut implements FanOut {
  readonly ackTimeout = ACK_TIMEOUT;
  readonly #adapter: AdapterContract;
  readonly #nsp: UpstreamNamespace;
  readonly #recovers: boolean;

  constructor(adapter: AdapterContract, nsp: UpstreamNamespace) {
    this.#adapter = adapter;
    this.#nsp = nsp;
    this.#recovers = nsp.recovery !== undefined && canRestore(adapter);
  }

  broadcast(given: Packet, options: BroadcastOptions): void {
    const packet = copyOf(given);
    const event = this.#nsp.announce(packet);
    const publishing = this.#run("broadcast", () => this.#adapter.broadcast(packet, copyOfOptions(options)));
    const awaitsOffset = this.#recovers && options.flags?.volatile !== true;
    if (publishing === undefined || !awaitsOffset) this.#deliver(event, packet, options);
    else void publishing.then(() => this.#deliver(event, packet, options));
  }

  broadcastWithAck(
    given: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): () => void {
    const packet = copyOf(given);
    const event = this.#nsp.announce(packet);
    let hasCounted = false;
    const count = (clients: number): void => {
      hasCounted = true;
      if (event.isLate) event.isLate = false;
      else counted(clients);
    };
    const answer: AnswerFunction = Object.assign((...args: unknown[]) => answered(...args), lost === undefined ? {} : { lost });
    const asked = copyOfOptions({ ...options, flags: { timeout: ACK_TIMEOUT, ...options.flags } });
    void this.#run("broadcast", () => this.#adapter.broadcastWithAck(packet, asked, count, answer, lost));
    const ours = event.isDelivered || hasCounted ? undefined : this.#ask(event, given, options, counted, answered, lost);
    return () => {
      for (const id of [packet.id, ours]) if (id !== undefined) this.#nsp.forgetAcks(id);
    };
  }

  /** Asks the sockets of this server, since the adapter has not. Returns the id under which they answer. */
  #ask(
    event: OwnEvent,
    given: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): number {
    event.isDelivered = true;
    const nsp = this.#nsp;
    const flags = options.flags ?? {};
    const packet = { ...copyOf(given), id: nsp.nextAckId() };
    const batch = nsp.encode(packet, flags);
    const ids: SocketId[] = [];
    forEachSelected(this.#adapter.rooms, this.#adapter.sids, options, (id) => void (nsp.has(id) && ids.push(id)));
    counted(ids.length);
    for (const id of ids) if (nsp.expectAck(id, packet.id, answered, lost)) nsp.deliver(id, packet, batch, flags);
    return packet.id;
  }

  serverCount(): Promise<number> {
    return this.#adapter.serverCount();
  }

  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    return this.#adapter.sockets(rooms);
  }

  async fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]> {
    const found = await this.#adapter.fetchSockets(copyOfOptions(options));
    return found.flatMap((it) => (it instanceof UpstreamSocket ? (this.#nsp.describe(it.id) ?? []) : it));
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    void this.#run("addSockets", () => this.#adapter.addSockets(copyOfOptions(options), rooms));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    void this.#run("delSockets", () => this.#adapter.delSockets(copyOfOptions(options), rooms));
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    void this.#run("disconnectSockets", () => this.#adapter.disconnectSockets(copyOfOptions(options), close));
  }

  serverSideEmit(packet: unknown[]): void {
    const last = packet.at(-1);
    const fail = typeof last === "function" ? (error: unknown) => void last(error, []) : undefined;
    void this.#run("serverSideEmit", () => this.#adapter.serverSideEmit(packet), fail);
  }

  #deliver(event: OwnEvent, packet: Packet, options: BroadcastOptions): void {
    if (event.isDelivered) return;
    const flags = options.flags ?? {};
    const batch = this.#nsp.encode(packet, flags);
    forEachSelected(this.#adapter.rooms, this.#adapter.sids, options, (id) => this.#nsp.deliver(id, packet, batch, flags));
  }

  /** A failure is reported, and told to `failed`. Returns a promise, which never rejects, where the adapter is not done yet. */
  #run(what: string, call: () => unknown, failed?: (error: unknown) => void): Promise<void> | undefined {
    const fail = (error: unknown): void => {
      this.#nsp.adapterFailed(error, what);
      failed?.(error);
    };
    try {
      const result = call();
      if (isThenable(result)) return Promise.resolve(result).then(() => {}, fail);
    } catch (error) {
      fail(error);
    }
    return undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | undefined)?.then === "function";
}

/** Adapters add to packets, and publish them later. */
function copyOf({ type, nsp, data }: Packet): Packet {
  return { type, nsp, data: [...(data as unknown[])] };
}

function copyOfOptions({ rooms, except, flags }: BroadcastOptions): BroadcastOptions {
  return { rooms: new Set(rooms), except: new Set(except), flags: { ...flags } };
}
