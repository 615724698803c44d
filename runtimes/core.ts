/** The seam in the app's own hands: `omnisocket/core`, for runtimes that have no entry of their own. */
import { CoreEngine, type CoreEngineOptions, CoreServer, type ServerOptions, type DefaultEventsMap, type EventsMap, type Host } from "../src/index.ts";
import { timerHost } from "./timer-host.ts";

export * from "../src/index.ts";
export { timerHost } from "./timer-host.ts";

/** A Socket.IO server without a runtime: it is fed through `fetch` or `handle`. */
export class Server<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  constructor(options: ServerOptions & { host?: Host } = {}) {
    super(options, { host: options.host ?? timerHost() });
  }
}

/** An Engine.IO server without a runtime: it is fed through `fetch` or `handle`. */
export class Engine extends CoreEngine {
  constructor(options: CoreEngineOptions & { host?: Host } = {}) {
    super(options, { host: options.host ?? timerHost() });
  }
}
