/** omnisocket on Bun: what `Bun.serve` takes, beside the app's own. */
import { CoreServer } from "../src/index.ts";
import type { DefaultEventsMap, EventsMap, ServerOptions as CoreOptions } from "../src/index.ts";
import { bunLimits } from "./bun/limits.ts";
import { handlerOf, serve } from "./bun/serve.ts";
import type { BunApp, BunHandler } from "./bun/serve-options.ts";
import { clientFiles } from "./node-compatible/client-files.ts";
import { nodeCompatibleHost } from "./node-compatible/host.ts";

export * from "../src/index.ts";
export { type BunEngineOptions, Engine } from "./bun/engine.ts";
export type { BunApp, BunHandler } from "./bun/serve-options.ts";

/** Options of a server on Bun. */
export interface ServerOptions extends CoreOptions {
  /** Debug scopes to print, such as "socket.io*". @default the environment variable DEBUG */
  debug?: string;
}

/** A Socket.IO server on Bun. */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  constructor(options: ServerOptions = {}) {
    super(options, { host: { ...nodeCompatibleHost(options.debug), hasTopics: true }, limits: bunLimits(), clientFiles });
  }

  /** What `Bun.serve` takes, composed of ours and the app's: `Bun.serve({ port, ...io.handler({ fetch, routes, websocket }) })`. */
  handler<Data = undefined, Paths extends string = string>(app: BunApp<Data, Paths> = {}): BunHandler<Data, Paths> {
    return handlerOf(this, { path: this.path(), options: this.engine.opts }, app);
  }

  /**
   * Serves one request, WebSocket handshakes included (the response is empty then); 404 outside `path`.
   *
   * `server` is Bun's, in whatever type a framework hands it on; it must have been given the `websocket` of `handler()`.
   */
  override fetch(request: Request, server: unknown = {}): Promise<Response> {
    return serve(this, request, server);
  }
}
