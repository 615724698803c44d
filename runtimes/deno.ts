/** omnisocket on Deno: a handler for `Deno.serve`. */
import { CoreServer } from "../src/index.ts";
import type { DefaultEventsMap, EventsMap, ServerOptions as CoreOptions } from "../src/index.ts";
import type { ClientFiles } from "../src/runtime.ts";
import { denoHost, denoLimits } from "./deno/host.ts";
import { handlerOf, serve } from "./deno/serve.ts";

export * from "../src/index.ts";
export { type DenoEngineOptions, Engine } from "./deno/engine.ts";
export type { ServeInfo } from "./deno/request.ts";
export type { ClientFiles } from "../src/runtime.ts";

/** Options of a server on Deno. */
export interface ServerOptions extends CoreOptions {
  /** Debug scopes to print, such as "socket.io*". @default the variable DEBUG, where it may be read */
  debug?: string;
  /** The browser client, such as `omnisocket/client-files` has it. @default none: its paths are 404 */
  clientFiles?: ClientFiles;
}

/** A Socket.IO server on Deno. It needs the permission to use the network, and no other. */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  constructor(options: ServerOptions = {}) {
    const { clientFiles } = options;
    super(options, { host: denoHost(options.debug), limits: denoLimits(), ...(clientFiles && { clientFiles }) });
  }

  /** A handler for `Deno.serve`; requests that are not under `path` go to `app`. */
  handler(app?: Deno.ServeHandler): Deno.ServeHandler {
    return handlerOf(this, app);
  }

  /**
   * Serves one request, WebSocket handshakes included; 404 outside `path`.
   *
   * `info` is what `Deno.serve` tells of it, in whatever type a framework hands that on.
   */
  override fetch(request: Request, info: unknown = {}): Promise<Response> {
    return serve(this, request, info);
  }
}
