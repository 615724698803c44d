import { CoreEngine, type CoreEngineOptions } from "../../src/index.ts";
import { denoHost, denoLimits } from "./host.ts";
import { handlerOf, serve } from "./serve.ts";

/** Options of an engine on Deno. */
export interface DenoEngineOptions extends CoreEngineOptions {
  /** Debug scopes to print, such as "engine*". @default the variable DEBUG, where it may be read */
  debug?: string;
}

/** An Engine.IO server on Deno. */
export class Engine extends CoreEngine {
  constructor(options: DenoEngineOptions = {}) {
    super(options, { host: denoHost(options.debug), limits: denoLimits() });
  }

  /** A handler for `Deno.serve`; requests that are not under `path` go to `app`. */
  handler(app?: Deno.ServeHandler): Deno.ServeHandler {
    return handlerOf(this, app);
  }

  /** Serves one request, WebSocket handshakes included; 404 outside `path`. `info` is what `Deno.serve` tells of it. */
  override fetch(request: Request, info: unknown = {}): Promise<Response> {
    return serve(this, request, info);
  }
}
