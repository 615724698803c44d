/** omnisocket on Node: attaches to http, https and http2 servers, or listens on a port of its own. */
import { CoreServer, Namespace, RemoteSocket, Socket } from "../src/index.ts";
import type { DefaultEventsMap, DrainOptions, EventsMap, ServerOptions as CoreOptions } from "../src/index.ts";
import { type Attachment, type AttachOptions, attachTo } from "./node/attach.ts";
import { Engine, type NodeEngineOptions } from "./node/engine.ts";
import { nodeHooks } from "./node/hooks.ts";
import { type AnyHttpServer, type Target, toHttpServer } from "./node/http-server.ts";
import { nodeLimits } from "./node/limits.ts";
import { clientFiles } from "./node-compatible/client-files.ts";
import { checkWebSocketServer } from "./node/ws-engine.ts";
import { nodeCompatibleHost } from "./node-compatible/host.ts";
import { LONGEST } from "./timer-host.ts";

export * from "../src/index.ts";
export { Engine, type NodeEngineOptions };

/** Options of a server on Node. */
export interface ServerOptions extends CoreOptions, AttachOptions {
  /** Debug scopes to print, such as "socket.io*". @default the environment variable DEBUG */
  debug?: string;
}

/** How a server lets its clients go, and what it leaves alone. */
export interface CloseOptions extends DrainOptions {
  /** Whether the HTTP server is closed too; its own requests are cut at the same time as ours. @default true */
  readonly httpServer?: boolean;
}

/** A Socket.IO server on Node. */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** The HTTP server that this one is attached to; there is none before `attach`. */
  httpServer!: AnyHttpServer;
  readonly #options: ServerOptions;
  #attachment: Attachment | undefined;

  /** Attaches to an HTTP server, or listens on a port; without either, `attach` does so later. */
  constructor(target?: Target | Partial<ServerOptions> | null, options?: Partial<ServerOptions> | null) {
    const given = isOptions(target) ? target : (options ?? {});
    super(given, { host: nodeCompatibleHost(given.debug), hooks: nodeHooks, limits: nodeLimits(), clientFiles });
    this.#options = given;
    checkWebSocketServer(given.wsEngine);
    if (target !== undefined && target !== null && !isOptions(target)) this.attach(target);
  }

  /**
   * Serves the requests under `path` of an HTTP server; the server's own listeners keep the others.
   *
   * A port makes a server that answers 404 elsewhere. Throws a `TypeError` for anything else.
   */
  attach(target: Target, options: Partial<ServerOptions> = {}): this {
    const httpServer = toHttpServer(target);
    this.configure(options);
    this.httpServer = httpServer;
    this.#attachment = attachTo(httpServer, this, { ...options, ...this.#options });
    return this;
  }

  /** Does what `attach` does. */
  listen(target: Target, options: Partial<ServerOptions> = {}): this {
    return this.attach(target, options);
  }

  /** Ends every socket and connection, and the HTTP server unless told otherwise. */
  override async close(options?: CloseOptions | ((error?: Error) => void)): Promise<void> {
    const callback = typeof options === "function" ? options : undefined;
    const given = typeof options === "function" ? undefined : (options ?? undefined);
    const cutAt = await this.shutDown(given);
    const attachment = this.#attachment;
    attachment?.detach();
    const limit = cutAt - this.engine.host.now();
    if (limit <= LONGEST) setTimeout(() => attachment?.cut(), limit).unref();
    const keep = attachment === undefined || given?.httpServer === false;
    const error = keep ? undefined : await closeHttpServer(this.httpServer, limit, attachment);
    if (callback !== undefined) this.contain("close", () => callback(error));
  }
}

/** What `require("omnisocket")` gives: a function that makes servers, with the classes on it. */
function create(target?: Target | Partial<ServerOptions>, options?: Partial<ServerOptions>): Server {
  return new Server(target, options);
}

create.Server = Server;
create.Engine = Engine;
create.Namespace = Namespace;
create.RemoteSocket = RemoteSocket;
create.Socket = Socket;

export { create as "module.exports" };

function isOptions(target: Target | Partial<ServerOptions> | null | undefined): target is Partial<ServerOptions> {
  return typeof target === "object" && target !== null && !("listen" in target);
}

/** Settles in `limit` milliseconds. What is not a connection of HTTP by then is the app's to end. */
function closeHttpServer(server: AnyHttpServer, limit: number, attachment: Attachment): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const cut = (): void => {
      if ("closeAllConnections" in server) server.closeAllConnections();
      attachment.cutSessions();
      resolve(undefined);
    };
    const timer = limit > LONGEST ? undefined : setTimeout(cut, limit);
    server.close((error?: Error) => {
      clearTimeout(timer);
      resolve(error);
    });
    // Connections whose last reply is only now on its way are idle a moment later.
    if ("closeIdleConnections" in server) setImmediate(() => server.closeIdleConnections());
  });
}
