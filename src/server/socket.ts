import type { BroadcastFlags, Room, SocketId } from "../adapter/adapter.ts";
import type { Session } from "../engine/session.ts";
import { assertCallable } from "../events/emitter.ts";
import type {
  AllButLast,
  BroadcastEvents,
  DefaultEventsMap,
  EventName,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TimedEvents,
} from "../events/event-maps.ts";
import { BroadcastOperator } from "./broadcast.ts";
import { type AnyListener, CatchAll } from "./catch-all.ts";
import { Emission, type EmissionTarget } from "./emission.ts";
import { type Handshake, createHandshake } from "./handshake.ts";
import type { Next } from "./middleware.ts";
import type { Namespace } from "./namespace.ts";
import type { Peer } from "./peer.ts";
import type { SocketSnapshot } from "./snapshot.ts";
import type { Event } from "./socket-contract.ts";
import { SocketCore } from "./socket-core.ts";

const noFlags = {};

/** What a socket that goes on was before. */
type RestoredSocket = Pick<SocketSnapshot, "data" | "pid"> & Partial<SocketSnapshot>;

/** One client in one namespace. */
export class Socket<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    // oxlint-disable-next-line no-explicit-any
    SocketData = any,
  >
  extends SocketCore<ListenEvents>
  implements EmissionTarget
{
  override readonly nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** Whether this is a socket from before that goes on, with its id, rooms and data. */
  readonly recovered: boolean;
  /** Anything the app wants to keep with this socket. */
  // What the app has not set yet is missing, which its own types know.
  data: SocketData = {} as SocketData;
  readonly #auth: Record<string, unknown>;
  /** The same object until `save`, so that it need be kept but once. */ #keptAuth: Record<string, unknown> | undefined;
  readonly #issued: number;
  #handshake: Handshake | undefined;

  constructor(
    nsp: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    client: Peer,
    id: SocketId,
    auth: Record<string, unknown>,
    restored?: RestoredSocket,
  ) {
    super(id, client, restored === undefined ? nsp.recovery?.newPid(client) : restored.pid);
    this.nsp = nsp;
    this.recovered = restored !== undefined;
    this.isAnnounced = this.recovered;
    this.#auth = auth;
    this.#keptAuth = restored?.auth;
    this.#issued = restored?.issued ?? nsp.parts.host.wallClock();
    if (restored !== undefined) this.data = restored.data as SocketData;
  }

  // ---- what it is

  /** The connection that carries this socket. */
  get conn(): Session {
    return this.client.conn;
  }

  /** @internal compatibility */ get server(): unknown {
    return this.nsp.server;
  }
  /** @internal compatibility */ get adapter(): unknown {
    return this.nsp.adapter;
  }

  /** The request of the handshake: `IncomingMessage` on Node, `Request` elsewhere. */
  // The runtime's own type, and what the app's middlewares put on it.
  // oxlint-disable-next-line no-explicit-any
  get request(): any {
    return this.client.request;
  }

  /** What is known of how the client came. */
  get handshake(): Handshake {
    return (this.#handshake ??= createHandshake(this.client.handshake, this.#auth, this.#issued, () => this.signal()));
  }

  /** @internal */ override get claimedOffset(): unknown {
    return this.#auth["offset"];
  }

  /** @internal */ override snapshot(): SocketSnapshot {
    const { id, nsp, data, pid } = this;
    const auth = (this.#keptAuth ??= { ...this.#auth });
    const arrival = nsp.recovery?.arrivalOf(pid);
    return { id, nsp: nsp.name, auth, issued: this.#issued, data, pid, arrival, rooms: [...this.rooms], ackIds: nsp.ackIds };
  }

  /**
   * Keeps `data` and `handshake.auth` as they are now, on runtimes that forget what is not kept.
   *
   * `data` is kept by itself after each listener and callback of this socket; changes by a timer or another socket's listener, or of auth, need this.
   */
  save(): void {
    this.#keptAuth = undefined;
    this.client.changed();
    // It may be lost, and not gone.
    this.nsp.recovery?.changed(this);
  }

  /** The rooms it is in; a live set, empty once it has left. */
  get rooms(): Set<Room> {
    return this.nsp.adapter.socketRooms(this.id) ?? new Set();
  }

  // ---- saying something to this client

  /**
   * Sends an event; a last argument that is a function gets the answer.
   *
   * Throws when the name is reserved, or the arguments cannot be encoded.
   */
  emit<E extends EventName<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): true {
    this.emitWith(noFlags, event, args);
    return true;
  }

  /** Sends an event and resolves to the answer; rejects with a `SocketDisconnectedError` when the socket leaves first. */
  emitWithAck<E extends EventNamesWithAck<EmitEvents>>(
    event: E,
    ...args: AllButLast<EventParams<EmitEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>> {
    type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>;
    return this.emitWithAckWith(noFlags, event, args) as Promise<Answer>;
  }

  /** Emits `message`. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.emitWith(noFlags, "message", args);
    return this;
  }

  /** Does what `send` does. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** The next event may be dropped if the client cannot take it right now. */
  get volatile(): Emission<EmitEvents, SocketData, this> {
    return new Emission(this, { volatile: true });
  }

  /** Whether the transport may compress the next event. */
  compress(compress: boolean): Emission<EmitEvents, SocketData, this> {
    return new Emission(this, { compress });
  }

  /** Waits `timeout` milliseconds for the acknowledgement of the next event, which then gets an error first. */
  timeout(timeout: number): Emission<TimedEvents<EmitEvents>, SocketData, this> {
    return new Emission(this, { timeout });
  }

  /** Bytes handed over to this client's connection and not yet sent, for all its namespaces. */
  get bufferedBytes(): number {
    return this.client.bufferedBytes;
  }

  /**
   * Resolves once fewer than `limits.highWaterMark` bytes are unsent, which may be at once.
   *
   * Rejects with a `SocketDisconnectedError` when the connection ends first.
   */
  drained(): Promise<void> {
    return this.client.drained();
  }

  // ---- saying something to others

  /** Everybody in the namespace but this socket. */
  get broadcast(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcastWith(noFlags);
  }

  /** The same, on this server only. */
  get local(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.local;
  }

  /** The members of `room`, but not this socket. */
  to(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.to(room);
  }

  /** Does what `to` does. */
  in(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.to(room);
  }

  /** Everybody but this socket and the members of `room`. */
  except(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.except(room);
  }

  /** @internal */ broadcastWith(flags: BroadcastFlags): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return new BroadcastOperator(this.nsp, new Set(), new Set([this.id]), flags);
  }

  // ---- rooms

  /**
   * Joins one room or several; does nothing once the socket has left.
   *
   * Throws a `RangeError` past the option `limits.maxRoomsPerSocket`.
   */
  join(rooms: Room | Room[]): Promise<void> | void {
    if (this.isClosed) return undefined;
    const wanted = new Set([rooms].flat());
    this.checkRooms(wanted);
    this.client.changed();
    return this.nsp.adapter.addAll(this.id, wanted);
  }

  /** Leaves a room; does nothing once the socket has left. */
  leave(room: Room): Promise<void> | void {
    // Its client may come back: what it stays in then is settled.
    if (this.isClosed) return undefined;
    this.client.changed();
    return this.nsp.adapter.del(this.id, room);
  }

  // ---- hearing

  /** Adds a middleware for incoming events. `next(error)` turns the event into an `error` event of this socket. */
  use(middleware: (event: Event, next: Next) => unknown): this {
    assertCallable(middleware, "middleware");
    this.middlewares = [...this.middlewares, middleware];
    return this;
  }

  /** Hears every incoming event, before the middlewares. */
  onAny(listener: AnyListener): this {
    (this.incoming ??= new CatchAll()).append(listener);
    return this;
  }

  prependAny(listener: AnyListener): this {
    (this.incoming ??= new CatchAll()).prepend(listener);
    return this;
  }

  offAny(listener?: AnyListener): this {
    this.incoming?.remove(listener);
    return this;
  }

  listenersAny(): AnyListener[] {
    return this.incoming?.listeners ?? [];
  }

  /** Hears every event that is sent to this client, broadcasts too, but no acknowledgements. */
  onAnyOutgoing(listener: AnyListener): this {
    (this.outgoing ??= new CatchAll()).append(listener);
    this.nsp.topics?.setApart(this);
    return this;
  }

  prependAnyOutgoing(listener: AnyListener): this {
    (this.outgoing ??= new CatchAll()).prepend(listener);
    this.nsp.topics?.setApart(this);
    return this;
  }

  offAnyOutgoing(listener?: AnyListener): this {
    this.outgoing?.remove(listener);
    return this;
  }

  listenersAnyOutgoing(): AnyListener[] {
    return this.outgoing?.listeners ?? [];
  }

  // ---- the end

  /** Leaves the namespace; `close` ends the whole connection, with all its namespaces. */
  disconnect(close = false): this {
    if (!this.connected) return this;
    if (close) this.client.disconnect();
    else this.dismiss();
    return this;
  }
}
