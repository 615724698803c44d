/** omnisocket on Cloudflare: a Durable Object is a Socket.IO server that sleeps while nobody speaks. */
import { DurableObject } from "cloudflare:workers";
import { CoreServer } from "../src/index.ts";
import type { DefaultEventsMap, EventsMap, ServerOptions as CoreOptions, Session, Upgrade, WebSocketHandler } from "../src/index.ts";
import { type ClientFiles, toHeaders } from "../src/runtime.ts";
import { Clock } from "./cloudflare/clock.ts";
import { Hibernation } from "./cloudflare/hibernation.ts";
import { cloudflareLimits } from "./cloudflare/limits.ts";
import { OURS, closeOurs, closeRaw, hibernatable } from "./cloudflare/websocket.ts";
import { debugLog } from "./debug.ts";
import { asksForWebSocket } from "./handshake.ts";
import { createTurn, timerHost } from "./timer-host.ts";

export * from "../src/index.ts";
export { CoreServer as Server } from "../src/index.ts";
export { type RouteOptions, routeSocketIO } from "./cloudflare/route.ts";

/** Options of a server on Cloudflare. */
export interface ServerOptions extends CoreOptions {
  /** Debug scopes to print, such as "socket.io*". @default none */
  debug?: string;
  /** The browser client, such as `omnisocket/client-files` has it. @default none: its paths are 404 */
  clientFiles?: ClientFiles;
}

const settled = Promise.resolve();

/**
 * A Durable Object that is a Socket.IO server: extend it, and say in `setup` what the server does.
 *
 * While nobody speaks the object is not in memory. When it comes back, `setup` runs again, and then `connection` for each socket with
 * `socket.recovered`, its id, rooms and data as they were; middlewares do not run again.
 */
export class SocketIO<
  Env = unknown,
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends DurableObject<Env> {
  /** The server. */
  readonly io: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly #clock: Clock;
  readonly #handlers = new Map<WebSocket, WebSocketHandler>();

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    // The platform compresses what leaves it.
    const options: ServerOptions = { ...this.options(env), httpCompression: false };
    this.#clock = new Clock(state.storage, (key) => this.onAlarm(key), (error) => host.reportError("onAlarm failed", error));
    const host = timerHost({
      now: () => Date.now(),
      wakeAt: (time, tick, maySleep) => this.#clock.wakeAt(time, tick, maySleep),
      sleeps: true,
      // `queueMicrotask` of workerd costs about 3 µs, which is a tenth of an echo.
      endOfTurn: createTurn((run) => void settled.then(run)),
      ...(options.debug !== undefined && { log: debugLog(options.debug) }),
    });
    const hibernation = new Hibernation(state, {
      endOfTurn: (task) => host.endOfTurn(task),
      snapshot: (session) => this.io.snapshot(session),
      report: (error) => host.reportError("A connection could not be saved", error),
    });
    const { clientFiles } = options;
    const changed = (session: Session): void => hibernation.changed(session);
    this.io = new CoreServer(options, { host, limits: cloudflareLimits(), changed, recoveryStore: state.storage.kv, ...(clientFiles && { clientFiles }) });
    // Answers the client's pong with a noop, and notes when, without waking the object.
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair("3", "6"));
    void state.blockConcurrencyWhile(() => this.#wake(hibernation));
  }

  /** Options of the server. Called while the object is being constructed: its own fields are not there yet. */
  protected options(_env: Env): ServerOptions {
    return {};
  }

  /** Registers namespaces, middlewares and listeners, each time the object comes into memory. */
  protected setup(_io: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void | Promise<void> {}

  /** Answers requests that are not for the server. @default 404 */
  protected onRequest(_request: Request): Response | Promise<Response> {
    return new Response("Not found", { status: 404 });
  }

  /** The time of an alarm that `schedule` has set has come. */
  protected onAlarm(_key: string): void | Promise<void> {}

  /** Calls `onAlarm(key)` at `time`, in milliseconds since the Unix epoch; once per key. The object's own alarm is taken. */
  protected schedule(time: number, key: string): Promise<void> {
    return this.#clock.schedule(time, key);
  }

  // ---- what the platform calls

  override fetch(request: Request): Response | Promise<Response> {
    if (!this.io.matches(request.url)) return this.onRequest(request);
    const upgrade = asksForWebSocket(request) ? this.#upgrade(request) : undefined;
    return this.io.fetch(request, { upgrade, remoteAddress: request.headers.get("cf-connecting-ip") ?? "" });
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): void {
    this.#handlers.get(ws)?.message(typeof message === "string" ? message : new Uint8Array(message));
  }

  override webSocketClose(ws: WebSocket, code: number, reason: string): void {
    this.#end(ws, code, reason);
  }

  override webSocketError(ws: WebSocket, error: unknown): void {
    this.#end(ws, 1006, "", error instanceof Error ? error : new Error(String(error)));
  }

  override alarm(): Promise<void> {
    return this.#clock.ring();
  }

  async #wake(hibernation: Hibernation): Promise<void> {
    await this.#clock.load();
    await this.setup(this.io);
    const saved = await hibernation.load();
    const handlers = await this.io.restore(saved);
    for (const [index, { ws }] of saved.entries()) {
      const handler = handlers[index];
      if (ws !== undefined && handler !== undefined) this.#handlers.set(ws.raw, ws.hears(handler));
    }
  }

  #upgrade(request: Request): Upgrade {
    return (handler, headers) => {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server, [OURS]);
      const ws = hibernatable(server, this.ctx, new URL(request.url).searchParams.get("EIO") === "4" ? 4 : 3);
      this.#handlers.set(server, ws.hears(handler));
      handler.open(ws);
      const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
      const all = toHeaders({ ...headers, ...(protocol && { "sec-websocket-protocol": protocol }) });
      return { status: 101, headers: {}, native: new Response(null, { status: 101, webSocket: client, headers: all }) };
    };
  }

  #end(ws: WebSocket, code: number, reason: string, error?: Error): void {
    const handler = this.#handlers.get(ws);
    this.#handlers.delete(ws);
    // Without an answer to its close frame the client would see an abrupt end. What the app's own carry is the app's.
    const close = handler === undefined ? closeRaw : closeOurs;
    close(ws, code, reason);
    handler?.close(code, reason, error);
  }
}
