import { CoreEngine, type CoreEngineOptions } from "../../src/index.ts";
import { nodeCompatibleHost } from "../node-compatible/host.ts";
import { bunLimits } from "./limits.ts";
import { handlerOf, serve } from "./serve.ts";
import type { BunApp, BunHandler } from "./serve-options.ts";

/** Options of an engine on Bun. */
export interface BunEngineOptions extends CoreEngineOptions {
  /** Debug scopes to print, such as "engine*". @default the environment variable DEBUG */
  debug?: string;
}

/** An Engine.IO server on Bun. */
export class Engine extends CoreEngine {
  constructor(options: BunEngineOptions = {}) {
    super(options, { host: nodeCompatibleHost(options.debug), limits: bunLimits() });
  }

  /** What `Bun.serve` takes, composed of ours and the app's: `Bun.serve({ port, ...engine.handler({ fetch, routes, websocket }) })`. */
  handler<Data = undefined, Paths extends string = string>(app: BunApp<Data, Paths> = {}): BunHandler<Data, Paths> {
    return handlerOf(this, { path: this.path, options: this.opts }, app);
  }

  /** Serves one request, WebSocket handshakes included (the response is empty then); 404 outside `path`. `server` is Bun's. */
  override fetch(request: Request, server: unknown = {}): Promise<Response> {
    return serve(this, request, server);
  }
}
