import { type IncomingMessage, type RequestListener, type ServerResponse, createServer } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket as NetSocket } from "node:net";
import { CoreEngine, type CoreEngineOptions } from "../../src/index.ts";
import { nodeCompatibleHost } from "../node-compatible/host.ts";
import { type Attachable, type AttachOptions, attachTo, serve } from "./attach.ts";
import { nodeHooks } from "./hooks.ts";
import { type AnyHttpServer, type Target, isHttpServer, toHttpServer } from "./http-server.ts";
import { nodeLimits } from "./limits.ts";
import { WebSockets } from "./websockets.ts";

/** Options of an engine on Node. */
export interface NodeEngineOptions extends CoreEngineOptions, AttachOptions {
  /** Debug scopes to print, such as "engine*". @default the environment variable DEBUG */
  debug?: string;
}

/** Which requests of an HTTP server are the engine's. What is not said here, the engine's own options say. */
type PathOptions = Pick<NodeEngineOptions, "path" | "addTrailingSlash" | keyof AttachOptions>;

/** An Engine.IO server on Node, in the shape that users of `engine.io` know. */
export class Engine extends CoreEngine {
  /** The HTTP server that it was attached to last; there is none before `attach`. */
  httpServer: AnyHttpServer | undefined;
  readonly #given: NodeEngineOptions;
  readonly #own: Attachable;
  #webSockets: WebSockets | undefined;

  /** Attaches to an HTTP server; without one, `attach` does so later, or requests are passed in. */
  constructor(target?: AnyHttpServer | NodeEngineOptions, options: NodeEngineOptions = {}) {
    const given = target === undefined || isHttpServer(target) ? options : target;
    super(given, { host: nodeCompatibleHost(given.debug), hooks: nodeHooks, limits: nodeLimits() });
    this.#given = given;
    this.#own = this.#under(given);
    if (isHttpServer(target)) this.attach(target);
  }

  /** A new engine, attached to an HTTP server. */
  static attach(target: Target, options: NodeEngineOptions = {}): Engine {
    return new Engine(options).attach(target);
  }

  /** A new engine on a port of its own, where requests that are not for it get 501. `listening` is called once it listens. */
  static listen(port: number, options: NodeEngineOptions | (() => void) = {}, listening?: () => void): Engine {
    if (typeof options === "function") return Engine.listen(port, {}, options);
    return Engine.attach(createServer(notImplemented).listen(port, listening), options);
  }

  /** Serves the requests under `path` of an HTTP server, or of a port; the server's own listeners keep the others. */
  attach(target: Target, options: PathOptions = {}): this {
    this.httpServer = toHttpServer(target);
    this.open(this.opts);
    attachTo(this.httpServer, this.#under(options), { ...this.#given, ...options });
    return this;
  }

  /** Serves one request that the app has received, whatever its path. */
  handleRequest(request: IncomingMessage, response: ServerResponse): this {
    void serve(this.#own, request, response);
    return this;
  }

  /** Serves one WebSocket handshake that the app has received, whatever its path: what the event `upgrade` brings. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): this {
    this.#webSockets ??= new WebSockets(this.#own, this.#given);
    void this.#webSockets.accept(request, socket as NetSocket, head);
    return this;
  }

  #under(options: PathOptions): Attachable {
    return { engine: this, matches: (url) => this.matches(url, options), handle: (request) => this.handle(request) };
  }
}

const notImplemented: RequestListener = (_request, response) => {
  response.writeHead(501).end("Not Implemented");
};
