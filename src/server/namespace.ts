import type { AdapterContract, AdapterFactory, FanOut, NamespaceAdapter, SocketId } from "../adapter/adapter.ts";
import { createAdapter } from "../adapter/upstream.ts";
import { assertCallable } from "../events/emitter.ts";
import type { DefaultEventsMap, EventsMap } from "../events/event-maps.ts";
import { settledInTime } from "./drain.ts";
import { isThenable } from "./faults.ts";
import { type ChainResult, type NamespaceMiddleware, type Next, failed, passed, refusalOf, runChainInTime } from "./middleware.ts";
import type { NamespaceReservedEvents } from "./namespace-events.ts";
import { NamespaceFace } from "./namespace-face.ts";
import type { NamespaceParts } from "./parts.ts";
import type { Peer } from "./peer.ts";
import { Recovery } from "./recovery.ts";
import { type ReadySession, Return } from "./return.ts";
import type { CoreServer } from "./server.ts";
import type { SocketSnapshot } from "./snapshot.ts";
import { Socket } from "./socket.ts";

/** A channel of its own over the shared connection, with its own sockets, rooms and listeners. */
export class Namespace<
    ListenEvents extends EventsMap = DefaultEventsMap,
    EmitEvents extends EventsMap = ListenEvents,
    ServerSideEvents extends EventsMap = DefaultEventsMap,
    // oxlint-disable-next-line no-explicit-any
    SocketData = any,
  > extends NamespaceFace<
    ListenEvents,
    EmitEvents,
    ServerSideEvents,
    SocketData,
    NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
  > {
  readonly server: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** @internal Called when the last socket has left. */ whenEmpty: (() => void) | undefined;
  #adapter: AdapterContract | undefined;
  #fanOut!: FanOut;
  #middlewares: readonly NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>[] = [];
  #admitting = 0;
  #shuttingDown: Promise<void> | undefined;

  constructor(
    server: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    name: string,
    parts: NamespaceParts,
  ) {
    super(name, parts);
    this.server = server;
    this.#makeAdapter(parts.options.adapter);
  }

  override get adapter(): NamespaceAdapter {
    return this.#adapter as NamespaceAdapter;
  }

  /** @internal */
  override get fanOut(): FanOut {
    return this.#fanOut;
  }

  /** @internal Makes a new adapter; the old one is closed, and its rooms are gone. */
  useAdapter(factory: AdapterFactory): void {
    this.parts.faults.run({ phase: "adapter.close", namespace: this.name }, () => this.#adapter?.close());
    this.#makeAdapter(factory);
    this.recovery?.takeOver(this.sockets.values());
    // Those who might have come back do not any more.
    this.checkEmpty();
  }

  #makeAdapter(factory: AdapterFactory): void {
    const { faults } = this.parts;
    this.topics?.clear();
    this.recovery = Recovery.of(this);
    const { adapter, fanOut } = createAdapter(factory, this, this.server.opts);
    this.#adapter = adapter;
    this.#fanOut = fanOut;
    faults.run({ phase: "adapter.init", namespace: this.name }, () => adapter.init());
  }

  /** Adds a middleware that sees each socket before it joins. `next(error)` refuses it: the client gets message and data. */
  use(middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this {
    assertCallable(middleware, "middleware");
    this.#middlewares = [...this.#middlewares, middleware];
    return this;
  }

  // ---- joining and leaving

  /** @internal A client is on its way, and the namespace must stay until `admit`, `restore` or `release` follows. */
  expect(): this {
    this.#admitting += 1;
    return this;
  }

  /** @internal The client that was expected does not come. */
  release(): void {
    this.#admitting -= 1;
    this.checkEmpty();
  }

  /** @internal Lets the middlewares decide about a client, unless it comes back. Never rejects. */
  async admit(peer: Peer, auth: Record<string, unknown>): Promise<void> {
    let socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined;
    let session: ReadySession | null = null;
    let result: ChainResult = failed;
    try {
      const claim = this.recovery?.claim(peer, auth) ?? null;
      // What is sent from now on must find the socket where it was: nothing is awaited without need.
      session = isThenable(claim) ? await claim : claim;
      const id = session?.sid ?? peer.dialect.socketId(this.name, peer.id, this.parts.host);
      socket = new Socket(this, peer, id, auth, session ?? undefined);
      const comeback = session === null ? undefined : this.#beginReturn(socket, session);
      const skips = session !== null && this.recovery?.skipMiddlewares === true;
      result = skips || !peer.isOpen || this.#middlewares.length === 0 ? passed : await this.#runMiddlewares(socket);
      if (peer.isOpen && result.kind === "passed") comeback?.replay();
    } catch (error) {
      this.parts.faults.report(error, { phase: "connect", namespace: this.name });
      result = failed;
    }
    this.#admitting -= 1;
    if (session !== null) this.#endReturn(session, peer);
    if (peer.isOpen && socket !== undefined && result.kind === "passed") this.#open(socket, peer);
    else this.#turnAway(peer, result, socket, session);
  }

  /** @internal Takes up a socket from its snapshot. Returns how to tell the app, once all are in their places. */
  restore(peer: Peer, snapshot: SocketSnapshot): () => void {
    const socket = new Socket(this, peer, snapshot.id, snapshot.auth, snapshot);
    this.ackIds = Math.max(this.ackIds, snapshot.ackIds);
    this.sockets.set(socket.id, socket);
    this.#admitting -= 1;
    peer.joined(socket);
    socket.resume(snapshot);
    return () => this.#announce(socket);
  }

  /** @internal */
  socketClosed(id: SocketId): void {
    const socket = this.sockets.get(id);
    // An adapter may still have it in rooms.
    if (socket !== undefined) this.topics?.setApart(socket);
    this.sockets.delete(id);
    this.checkEmpty();
  }

  /** @internal Starts as `parent` is now. */
  copyFrom(parent: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.#middlewares = parent.#middlewares;
    this.copyListeners(parent);
  }

  /** @internal Ends every socket: the server, or this namespace, goes. The adapter has `limit` milliseconds to keep those that may come back. */
  shutDown(limit: number): Promise<void> {
    if (this.#shuttingDown !== undefined) return this.#shuttingDown;
    let done!: () => void;
    // Known before the sockets are: the last one to leave may ask for the same.
    const shuttingDown = (this.#shuttingDown = new Promise((resolve) => (done = resolve)));
    void this.#end(limit, done);
    return shuttingDown;
  }

  async #end(limit: number, done: () => void): Promise<void> {
    for (const socket of [...this.sockets.values()]) socket.close("server shutting down");
    const persisting = this.recovery?.persisted();
    if (persisting !== undefined) await settledInTime(this.parts.schedule, persisting, limit);
    try {
      await this.adapter.close();
    } catch (error) {
      this.parts.faults.report(error, { phase: "adapter.close", namespace: this.name });
    }
    this.#shuttingDown = undefined;
    done();
  }

  #runMiddlewares(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): Promise<ChainResult> {
    const { faults, schedule, engineOptions, logs } = this.parts;
    const context = { phase: "middleware", namespace: this.name, socket: socket as unknown as Socket };
    const steps = this.#middlewares.map((middleware) => (next: Next) => middleware(socket, next));
    const timeout = engineOptions.limits.middlewareTimeout;
    // Who comes back over another connection is to find all that was kept.
    const whenGone = (listener: () => void): (() => void) => socket.client.whenClosed(listener);
    return runChainInTime(steps, { faults, context, log: logs.namespace, schedule, timeout, whenGone });
  }

  #beginReturn(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, session: ReadySession): Return {
    const comeback = new Return(socket, session.missedPackets, this.parts.engineOptions.limits.maxBufferedBytes);
    this.returning.set(socket.id, comeback);
    const context = { phase: "adapter", namespace: this.name };
    this.parts.faults.run(context, () => this.adapter.addAll(socket.id, new Set(session.rooms)));
    return comeback;
  }

  #endReturn({ sid, size }: ReadySession, peer: Peer): void {
    this.returning.delete(sid);
    peer.promisedBytes -= size;
  }

  #open(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, peer: Peer): void {
    this.parts.logs.namespace?.("%s joins %s", peer.dialect.shownId(socket.id), this.name);
    this.sockets.set(socket.id, socket);
    peer.joined(socket);
    try {
      socket.open();
    } catch (error) {
      this.parts.faults.report(error, { phase: "connect", namespace: this.name });
      socket.close("server namespace disconnect");
      return peer.refuse(this.name, refusalOf(failed));
    }
    this.#announce(socket);
  }

  #turnAway(
    peer: Peer,
    result: ChainResult,
    socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | undefined,
    session: ReadySession | null,
  ): void {
    if (socket !== undefined && session !== null) this.recovery?.turnedAway(socket, session.pid);
    socket?.abandon();
    if (result.kind === "timeout") this.parts.faults.limitHit("middlewareTimeout", peer.conn);
    if (peer.isOpen) peer.refuse(this.name, refusalOf(result));
    this.checkEmpty();
  }

  #announce(socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    // It may be gone by now: while its CONNECT was written, or through a listener.
    socket.isAnnounced ||= socket.connected;
    if (socket.connected) this.dispatch("connect", [socket]);
    if (socket.connected) this.dispatch("connection", [socket]);
  }

  /** @internal Nobody is here, and nobody is on the way. */
  get isEmpty(): boolean {
    return this.sockets.size === 0 && this.#admitting === 0 && this.recovery?.isAwaiting !== true;
  }

  /** @internal */
  checkEmpty(): void {
    if (this.isEmpty) this.whenEmpty?.();
  }
}
