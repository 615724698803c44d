import type { AdapterFactory } from "../adapter/adapter.ts";
import type { RecoveryStore } from "../adapter/recovery-store.ts";
import { Engine } from "../engine/engine.ts";
import { type EngineHooks, webHooks } from "../engine/hooks.ts";
import type { Limits } from "../engine/limits.ts";
import { pathAfter, trimPath } from "../engine/path.ts";
import { WebRequest, type WebContext, toResponse } from "../engine/web-request.ts";
import type { Emitter } from "../events/emitter.ts";
import type { DefaultEventsMap, EventsMap } from "../events/event-maps.ts";
import { createLogs } from "../log.ts";
import type { Session } from "../engine/session.ts";
import type { Host, Reply, RequestLike, WebSocketHandler } from "../platform.ts";
import { Schedule } from "../schedule.ts";
import type { Codec } from "../wire/codec.ts";
import type { ForeignConnection, ForeignEngine } from "./carrier.ts";
import { type ClientFiles, isClientFile, readOnce, serveClientFile } from "./client-files.ts";
import { Connections } from "./connections.ts";
import type { NamespaceMatch } from "./dynamic-namespace.ts";
import { Drain, type DrainOptions } from "./drain.ts";
import { ServerFace } from "./face.ts";
import { type DiagnosticsEvents, Faults } from "./faults.ts";
import type { Namespace } from "./namespace.ts";
import { Namespaces } from "./namespaces.ts";
import { Counters, type Metrics, measure } from "./metrics.ts";
import type { ServerOptions } from "./options.ts";
import type { NamespaceParts } from "./parts.ts";
import { type ConnectionSnapshot, type SavedConnection, snapshotConnection } from "./snapshot.ts";
import { recoveryParts } from "./recovery-parts.ts";
import { type InForce, Settings } from "./settings.ts";
import type { Socket } from "./socket.ts";

/** What a runtime gives its servers. */
export interface ServerRuntime {
  readonly host: Host;
  /** @default the forms of web runtimes */
  readonly hooks?: EngineHooks;
  /** Limits that depend on the machine. */
  readonly limits?: Partial<Limits>;
  /** @default none: the browser client is not served */
  readonly clientFiles?: ClientFiles;
  /** Hears of each connection whose snapshot would be another one now. @default nobody takes snapshots */
  readonly changed?: (session: Session) => void;
  /** Where recovery keeps things. @default memory */
  readonly recoveryStore?: RecoveryStore;
}

/** What all parts of one server share; `configure` may still change what follows from the options. */
interface Parts extends NamespaceParts {
  options: InForce["options"];
  engineOptions: InForce["engineOptions"];
  codec: InForce["codec"];
}

/** A Socket.IO server, on whatever runtime: each runtime's `Server` extends it. */
export class CoreServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends ServerFace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** The main namespace, `/`. */
  override readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  /** The Engine.IO server underneath. */
  readonly engine: Engine;
  readonly #runtime: ServerRuntime;
  readonly #settings: Settings;
  readonly #parts: Parts;
  readonly #faults: Faults;
  readonly #counters = new Counters();
  readonly #connections: Connections;
  readonly #drain: Drain;
  readonly #boundEngines = new Set<ForeignEngine>();
  readonly #namespaces: Namespaces<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  constructor(options: ServerOptions, runtime: ServerRuntime) {
    super();
    const { host } = runtime;
    this.#runtime = { ...runtime, ...(runtime.clientFiles && { clientFiles: readOnce(runtime.clientFiles) }) };
    this.#settings = new Settings(options, host, runtime.limits);
    this.#faults = new Faults(host, this.#counters, () => this.#parts.options.handlerErrors);
    const schedule = new Schedule(host);
    const logs = createLogs(host);
    const shared = { host, schedule, logs, faults: this.#faults, counters: this.#counters, changed: runtime.changed };
    this.#parts = { ...shared, ...recoveryParts(host, schedule, runtime.recoveryStore), ...this.#settings.resolve() };
    this.#namespaces = new Namespaces(this, this.#parts);
    this.#connections = new Connections(this.#parts, this.#namespaces);
    const { engineOptions: engine, changed } = this.#parts;
    this.engine = new Engine({ options: engine, host, schedule, logs, hooks: runtime.hooks ?? webHooks, handler: this.#connections, changed });
    const leave = (session: Session): void => this.#connections.shutDown(session);
    this.#drain = new Drain(this.engine, schedule, { leave, closeNamespaces: (limit) => this.#closeNamespaces(limit) });
    this.sockets = this.#namespaces.get("/");
  }

  /** Tells of failed callbacks and of limits that peers ran into; apart from `on`, whose names belong to the app. */
  get diagnostics(): Emitter<DiagnosticsEvents> {
    return this.#faults.diagnostics;
  }

  /** The server's state in numbers, as it is now. */
  metrics(): Metrics {
    const { lateTicks } = this.#parts.schedule;
    const unjoined = this.#connections.unjoinedCount;
    return { ...measure(this.engine.sessions.values(), this.#namespaces.byName.values()), unjoined, lateTicks, ...this.#counters.snapshot() };
  }

  /** The options as they were given. */
  get opts(): ServerOptions {
    return this.#settings.given;
  }

  /** @internal compatibility: what tools made for `socket.io` reach for. */
  get _nsps(): ReadonlyMap<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> {
    return this.#namespaces.byName;
  }

  /** @internal compatibility */
  get encoder(): Codec {
    return this.#parts.codec;
  }

  /** @internal compatibility */
  get eio(): Engine {
    return this.engine;
  }

  /**
   * The namespace of this name, made if need be; `listener` hears of its connections.
   *
   * A pattern or a function makes a dynamic namespace: clients make its children by connecting to them.
   */
  of(
    name: string | RegExp | NamespaceMatch,
    listener?: (socket: Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>) => void,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const isDynamic = typeof name === "function" || name instanceof RegExp;
    const namespace = isDynamic ? this.#namespaces.addDynamic(name) : this.#namespaces.get(name);
    if (listener !== undefined) namespace.on("connect", listener);
    return namespace;
  }

  // ---- settings that may change later

  /** The path under which the server answers. */
  path(): string;
  path(path: string): this;
  path(path?: string): string | this {
    if (path === undefined) return this.#parts.options.path;
    return this.#change({ path: trimPath(path) });
  }

  /** Whether the browser client is served. */
  serveClient(): boolean;
  serveClient(serve: boolean): this;
  serveClient(serveClient?: boolean): boolean | this {
    return serveClient === undefined ? this.#parts.options.serveClient : this.#change({ serveClient });
  }

  /** What makes adapters. Setting it gives every namespace a new one. */
  adapter(): AdapterFactory;
  adapter(adapter: AdapterFactory): this;
  adapter(adapter?: AdapterFactory): AdapterFactory | this {
    if (adapter === undefined) return this.#parts.options.adapter;
    this.#change({ adapter });
    this.#namespaces.useAdapter(adapter);
    return this;
  }

  /** Milliseconds that a connection may be without a namespace. */
  connectTimeout(): number;
  connectTimeout(milliseconds: number): this;
  connectTimeout(connectTimeout?: number): number | this {
    return connectTimeout === undefined ? this.#parts.options.connectTimeout : this.#change({ connectTimeout });
  }

  #change(options: Partial<NamespaceParts["options"]>): this {
    this.#settings.change(options);
    this.#parts.options = { ...this.#parts.options, ...options };
    return this;
  }

  // ---- other engines

  /** Takes the connections of another Engine.IO server. */
  bind(engine: ForeignEngine): this {
    engine.on("connection", (connection) => void this.onconnection(connection));
    this.#boundEngines.add(engine);
    return this;
  }

  /** Takes one connection of another Engine.IO server. */
  onconnection(connection: ForeignConnection): this {
    this.#connections.connectedElsewhere(connection);
    return this;
  }

  // ---- requests

  /** Whether a request with this URL is for this server. */
  matches(url: string): boolean {
    return this.#pathAfter(url) !== undefined;
  }

  /** Serves one request; `undefined` when it is for somebody else. */
  handle(request: RequestLike): Promise<Reply | undefined> {
    const rest = this.#pathAfter(request.url);
    if (rest === undefined) return Promise.resolve(undefined);
    // Every platform leaves out the body where HEAD asks.
    if (this.#parts.options.serveClient && isClientFile(rest) && (request.method === "GET" || request.method === "HEAD")) {
      return serveClientFile(this.#runtime.clientFiles, rest, request, this.#parts);
    }
    return this.engine.handle(request);
  }

  /** Serves one request of the Web; 404 when it is for somebody else. */
  async fetch(request: Request, context: WebContext = {}): Promise<Response> {
    const asked = new WebRequest(request, context);
    const reply = await this.handle(asked).finally(() => asked.settle());
    return reply === undefined ? new Response("Not found", { status: 404 }) : toResponse(reply);
  }

  #pathAfter(url: string): string | undefined {
    const { path, addTrailingSlash } = this.#parts.options;
    return pathAfter(path, url, addTrailingSlash);
  }

  // ---- sleep

  /** @internal What is needed to go on with a connection in another process; `undefined` for one that ends. */
  snapshot(session: Session): ConnectionSnapshot | undefined {
    return snapshotConnection(session);
  }

  /**
   * @internal Goes on with connections from their snapshots. The app hears of the sockets once all are in their rooms.
   *
   * Resolves to the handlers of the WebSockets, in the order of `saved`.
   */
  async restore(saved: readonly SavedConnection[]): Promise<WebSocketHandler[]> {
    const found = await this.#connections.findAll(saved.map(({ snapshot }) => snapshot.peer));
    // Nothing is awaited from here on: a deadline might be over meanwhile, and what is kept then would tell of half a connection.
    const restored = saved.map(({ snapshot, ws }, index) => {
      const handler = this.engine.restore(snapshot.session, ws);
      return { handler, announce: this.#connections.restore(handler.session!, snapshot.peer, found[index]!) };
    });
    this.#namespaces.woken();
    for (const { announce } of restored) announce();
    return restored.map(({ handler }) => handler);
  }

  // ---- the end

  /**
   * Ends every socket with "server shutting down", every adapter and every connection. Always settles.
   *
   * With options, clients go in good order: new ones are refused, what is emitted already arrives, the ends are spread. Safe to call again;
   * a call without options then ends the rest at once.
   */
  async close(options?: DrainOptions | ((error?: Error) => void)): Promise<void> {
    await this.shutDown(typeof options === "object" ? (options ?? undefined) : undefined);
    if (typeof options === "function") this.contain("close", options);
  }

  /** Does what `close` does. Resolves to the time, on the host's clock, at which the runtime is to cut what is left of the connections. */
  protected shutDown(options: DrainOptions | undefined): Promise<number> {
    this.#parts.logs.server?.("the server closes");
    return options === undefined ? this.#drain.endAtOnce() : this.#drain.run(options);
  }

  #closeNamespaces(limit: number): Promise<unknown> {
    const closing = [...this.#namespaces.byName.values()].map((namespace) => namespace.shutDown(limit));
    for (const engine of this.#boundEngines) this.contain("close", () => engine.close?.());
    this.#boundEngines.clear();
    return Promise.all(closing);
  }

  /** Calls what the app gave; a failure is reported. */
  protected contain(phase: string, callback: () => unknown): void {
    this.#faults.run({ phase }, callback);
  }

  /** Takes options that came with `attach`, and handshakes again after `close`. The constructor's options win, and what was set since. */
  protected configure(options: ServerOptions): void {
    Object.assign(this.#parts, this.#settings.resolve(options));
    this.#namespaces.optionsChanged();
    this.engine.open(this.#parts.engineOptions);
  }
}
