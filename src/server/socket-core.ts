import type { AdapterContract, BroadcastFlags, Room, SocketId } from "../adapter/adapter.ts";
import { Emitter } from "../events/emitter.ts";
import type { EventsMap } from "../events/event-maps.ts";
import { Batch } from "../wire/batch.ts";
import { type Packet, PacketType } from "../wire/packet.ts";
import { Acks, type Settle, awaitAnswer, loseLater } from "./acks.ts";
import type { CatchAll } from "./catch-all.ts";
import type { EmissionFlags } from "./emission.ts";
import type { HandlerErrorContext } from "./faults.ts";
import { type ChainResult, type Next, runChain } from "./middleware.ts";
import type { Peer } from "./peer.ts";
import { type DisconnectReason, assertNotReserved } from "./reasons.ts";
import { SerialQueue } from "./serial.ts";
import type { SocketSnapshot } from "./snapshot.ts";
import type { Event, SocketHome, SocketReservedEvents } from "./socket-contract.ts";
import type { Socket } from "./socket.ts";

/** `new`: in its middlewares. `leaving`: telling its listeners so. `lost`: closed, but its client may come back. */
type SocketState = "new" | "connected" | "leaving" | "lost" | "closed";

/** The life of a socket: what goes out, what comes in, and its end. `Socket` is what the app sees of it. */
export abstract class SocketCore<ListenEvents extends EventsMap> extends Emitter<ListenEvents, SocketReservedEvents> {
  abstract readonly nsp: SocketHome;
  abstract readonly data: unknown;
  abstract readonly rooms: ReadonlySet<Room>;
  readonly id: SocketId;
  /** The client program, with all its namespaces. */
  readonly client: Peer;
  /** @internal */ readonly pendingAcks: Acks = new Acks();
  /** @internal */ middlewares: readonly ((event: Event, next: Next) => unknown)[] = [];
  /** @internal */ incoming: CatchAll | undefined;
  /** @internal */ outgoing: CatchAll | undefined;
  /** @internal What its client shows when it comes back; `undefined` where it cannot. */ readonly pid: string | undefined;
  /** @internal Whether the app has heard of it, by now or before its client was lost. */ isAnnounced = false;
  #state: SocketState = "new";
  #abort: AbortController | undefined;
  #serial: SerialQueue<Event> | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(id: SocketId, client: Peer, pid: string | undefined) {
    super();
    this.id = id;
    this.client = client;
    this.pid = pid;
  }

  /** Whether it has passed its middlewares and not left yet. */
  get connected(): boolean {
    return this.#state === "connected" || this.#state === "leaving";
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  /** @internal */
  get isClosed(): boolean {
    return this.#state === "closed" || this.#state === "lost";
  }

  // ---- the life

  /** @internal Its middlewares let it in, and its client has got what it had missed. */
  open(): void {
    this.#state = "connected";
    this.#stopWatching?.();
    this.#tellAdapter((adapter) => adapter.addAll(this.id, new Set([this.id])));
    // A listener of `join-room` may have shown it out.
    if (this.isClosed) return;
    this.nsp.recovery?.opened(this);
    this.sendPacket({ type: PacketType.CONNECT, nsp: this.nsp.name, data: this.client.dialect.welcome({ sid: this.id, pid: this.pid }) });
  }

  /** @internal It was refused, or its client left first: as if it had never been. */
  abandon(): void {
    this.#state = "closed";
    this.#tellAdapter((adapter) => adapter.delAll(this.id));
    this.#stopWatching?.();
    this.#abort?.abort();
    this.#loseAcks();
  }

  /** @internal It is told to leave. */
  dismiss(): void {
    this.nsp.recovery?.flush(this);
    if (this.#state !== "connected") return;
    this.sendPacket({ type: PacketType.DISCONNECT, nsp: this.nsp.name });
    this.close("server namespace disconnect");
  }

  /** @internal It leaves its namespace, once. */
  close(reason: DisconnectReason, description?: unknown): void {
    if (this.#state !== "connected") return;
    this.nsp.parts.logs.socket?.("%s leaves %s: %s", this.client.dialect.shownId(this.id), this.nsp.name, reason);
    const args = description === undefined ? [reason] : [reason, description];
    this.#state = "leaving";
    this.dispatch("disconnecting", args);
    this.#state = this.nsp.recovery?.left(this, reason) === true ? "lost" : "closed";
    this.#serial?.clear();
    this.#tellAdapter((adapter) => adapter.delAll(this.id));
    this.nsp.socketClosed(this.id);
    this.client.socketClosed(this.nsp.name, reason);
    this.#loseAcks();
    this.dispatch("disconnect", args);
  }

  /** @internal Aborted when the client leaves, or is refused, during the middlewares. */
  signal(): AbortSignal {
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = new AbortController();
    this.#abort = abort;
    if (this.isClosed) abort.abort();
    else if (this.#state === "new") this.#stopWatching = this.client.whenClosed(() => abort.abort());
    return abort.signal;
  }

  // ---- out

  /** @internal */
  emitWith(flags: EmissionFlags, event: string | symbol, args: readonly unknown[]): void {
    assertNotReserved(event);
    const callback = args.at(-1);
    if (typeof callback !== "function") return this.#sendEvent([event, ...args], flags);
    const timed = flags.timeout !== undefined;
    this.#sendExpecting([event, ...args.slice(0, -1)], flags, (error, answer) => {
      // Without a timeout there is no place for an error: the callback is dropped.
      if (error !== null && !timed) return;
      const given = timed ? [error, ...answer] : answer;
      this.#call("ack", event, () => Reflect.apply(callback, this, given));
    });
  }

  /** @internal */
  emitWithAckWith(flags: EmissionFlags, event: string | symbol, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      assertNotReserved(event);
      this.#sendExpecting([event, ...args], flags, (error, answer) => (error === null ? resolve(answer[0]) : reject(error)));
    });
  }

  /** @internal Sends what is encoded already; `packet` is for those who listen to all that goes out. */
  deliver(packet: Packet, batch: Batch, flags: BroadcastFlags): void {
    this.outgoing?.notify(this, packet.data as unknown[], (listener) => this.#call("onAnyOutgoing", undefined, listener));
    this.client.deliver(batch, flags.volatile === true);
  }

  /** @internal */
  sendPacket(packet: Packet): void {
    this.client.deliver(new Batch(this.nsp.parts.codec.encode(packet)), false);
  }

  #sendEvent(data: readonly unknown[], flags: EmissionFlags, id?: number): void {
    if (this.#state === "closed") return;
    this.nsp.parts.logs.socket?.("%s emits %j", this.client.dialect.shownId(this.id), data);
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp.name, data, id };
    if (id === undefined && this.nsp.recovery?.send(this, packet, flags) === true) return;
    if (this.isClosed) return;
    const batch = new Batch(this.nsp.parts.codec.encode(packet), flags.compress ?? true);
    batch.droppable = id === undefined;
    this.nsp.recovery?.flush(this);
    this.deliver(packet, batch, flags);
  }

  #sendExpecting(data: readonly unknown[], flags: EmissionFlags, settle: Settle): void {
    const { host, schedule, engineOptions } = this.nsp.parts;
    if (this.isClosed) return loseLater(host, schedule, flags.timeout, settle);
    if (!this.pendingAcks.hasRoom(engineOptions.limits.maxPendingAcks)) {
      this.nsp.parts.faults.limitHit("maxPendingAcks", this.client.conn);
      throw new RangeError("Too many acknowledgements are pending: see the option limits.maxPendingAcks");
    }
    const id = this.nsp.nextAckId();
    this.#sendEvent(data, flags, id);
    awaitAnswer(this.pendingAcks, id, schedule, flags.timeout, settle);
    // After a sleep, the answer must not be taken for that to another packet.
    this.client.changed();
    // Sending may have found out that the client is gone.
    if (this.isClosed) this.#loseAcks();
  }

  // ---- in

  /** @internal A packet of the client for this socket, which came in so many bytes. */
  receive(packet: Packet, bytes: number): void {
    switch (packet.type) {
      case PacketType.EVENT:
        return this.#receiveEvent(packet, bytes);
      case PacketType.ACK:
        if (packet.id !== undefined) this.pendingAcks.answer(packet.id, packet.data as unknown[]);
        return;
      case PacketType.DISCONNECT:
        return this.close("client namespace disconnect");
      default:
        return this.client.close();
    }
  }

  #receiveEvent(packet: Packet, bytes: number): void {
    const event = packet.data as Event;
    this.nsp.parts.logs.socket?.("%s received %j", this.client.dialect.shownId(this.id), event);
    // It also waits for the listeners of an error that middlewares make of the first event.
    if (this.nsp.parts.options.serial) this.#serial ??= new SerialQueue((next) => this.#callListeners(next), this.client);
    if (packet.id !== undefined) event.push(this.#answerFunction(packet.id));
    this.incoming?.notify(this, event, (call) => this.nsp.parts.faults.run(this.#context("onAny", event[0]), call));
    if (this.middlewares.length === 0) return this.#dispatchEvent(event, bytes);
    const { faults, logs } = this.nsp.parts;
    const steps = this.middlewares.map((middleware) => (next: Next) => middleware(event, next));
    const parts = { faults, context: this.#context("socket middleware", event[0]), log: logs.socket };
    runChain(steps, parts, (result) => this.#afterMiddlewares(event, bytes, result));
  }

  #afterMiddlewares(event: Event, bytes: number, result: ChainResult): void {
    if (result.kind === "passed") this.#dispatchEvent(event, bytes);
    else if (result.kind === "refused" && this.connected) this.dispatch("error", [result.error]);
  }

  #dispatchEvent(event: Event, bytes: number): void {
    if (this.#serial === undefined) return this.#callListeners(event);
    if (this.isClosed) return;
    this.#serial.add(event, bytes);
    const { maxQueuedEvents, maxQueuedBytes } = this.nsp.parts.engineOptions.limits;
    if (this.#serial.size > maxQueuedEvents) this.client.endAtLimit("maxQueuedEvents");
    else if (this.client.queuedBytes > maxQueuedBytes) this.client.endAtLimit("maxQueuedBytes");
  }

  #callListeners(event: Event): void {
    // Clients may name an event by a number.
    const name = event[0] as string | number;
    if (this.#state === "connected") this.dispatch(String(name), event.slice(1));
  }

  /** The function that answers packet `id`: the first call counts. */
  #answerFunction(id: number): (...args: unknown[]) => void {
    let answered = false;
    return (...args) => {
      if (answered || this.isClosed) return;
      // What cannot be encoded is no answer yet; and what is being encoded may answer itself.
      const batch = new Batch(this.nsp.parts.codec.encode({ type: PacketType.ACK, nsp: this.nsp.name, id, data: args }));
      if (answered || this.isClosed) return;
      answered = true;
      this.nsp.recovery?.flush(this);
      this.client.deliver(batch, false);
    };
  }

  /** @internal */ abstract snapshot(): SocketSnapshot;

  /** @internal Up to where its client says that it has heard everything. */
  abstract readonly claimedOffset: unknown;

  /** @internal Goes on where a snapshot left off. */
  resume({ rooms, arrival }: Pick<SocketSnapshot, "rooms" | "arrival">): void {
    this.#state = "connected";
    this.#tellAdapter((adapter) => adapter.addAll(this.id, new Set(rooms)));
    this.nsp.recovery?.resumed(this, arrival);
  }

  /** Throws where `wanted` are too many. */
  protected checkRooms(wanted: ReadonlySet<Room>): void {
    const { maxRoomsPerSocket } = this.nsp.parts.engineOptions.limits;
    const { rooms } = this;
    let count = rooms.has(this.id) ? rooms.size - 1 : rooms.size;
    for (const room of wanted) if (room !== this.id && !rooms.has(room)) count += 1;
    if (count <= maxRoomsPerSocket) return;
    this.nsp.parts.faults.limitHit("maxRoomsPerSocket", this.client.conn);
    throw new RangeError(`Cannot join: more than ${maxRoomsPerSocket} rooms, see the option limits.maxRoomsPerSocket`);
  }

  #loseAcks(): void {
    this.nsp.parts.counters.lostAcks += this.pendingAcks.loseAll();
  }

  /** An adapter that fails must not keep the socket from its life. */
  #tellAdapter(change: (adapter: AdapterContract) => unknown): void {
    this.nsp.parts.faults.run(this.#context("adapter"), () => change(this.nsp.adapter));
  }

  /** Calls what the app gave for what comes at any time, not with a packet of the client's. */
  #call(phase: string, event: string | symbol | undefined, callback: () => unknown): void {
    this.nsp.parts.faults.run(this.#context(phase, event), callback);
    this.client.touched();
  }

  protected override onListenerPending(): void {
    this.#serial?.begin();
  }

  protected override onListenerSettled(): void {
    this.client.touched();
    this.#serial?.end();
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.nsp.parts.faults.report(error, this.#context("event", event));
  }

  #context(phase: string, event?: string | symbol): HandlerErrorContext {
    return { phase, event, namespace: this.nsp.name, socket: this as unknown as Socket };
  }
}
