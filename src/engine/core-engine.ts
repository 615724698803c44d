import { createLogs } from "../log.ts";
import type { Host } from "../platform.ts";
import { Schedule } from "../schedule.ts";
import { warnOfOpenCors } from "./cors.ts";
import { Engine } from "./engine.ts";
import { type EngineHooks, webHooks } from "./hooks.ts";
import type { Limits } from "./limits.ts";
import { type EngineOptions, resolveEngineOptions } from "./options.ts";
import { pathAfter, trimPath } from "./path.ts";
import type { EngineHandler, SessionHandler } from "./session-contract.ts";
import { WebRequest, type WebContext, toResponse } from "./web-request.ts";

/** Options of an engine that stands alone. */
export interface CoreEngineOptions extends EngineOptions {
  /** Path under which the engine answers. @default "/engine.io" */
  path?: string;
  /** Whether the path ends with a slash: `/engine.io/?EIO=4…`. @default true */
  addTrailingSlash?: boolean;
}

/** What a runtime gives its engines. */
export interface EngineRuntime {
  readonly host: Host;
  /** @default the forms of web runtimes */
  readonly hooks?: EngineHooks;
  /** Limits that depend on the machine. */
  readonly limits?: Partial<Limits>;
}

/** An Engine.IO server without Socket.IO above it, on whatever runtime: each runtime's `Engine` extends it. */
export class CoreEngine extends Engine {
  /** Path under which it answers, without its last slash. */
  readonly path: string;
  readonly #needsSlash: boolean;

  constructor(options: CoreEngineOptions, { host, hooks = webHooks, limits }: EngineRuntime) {
    const schedule = new Schedule(host);
    super({
      options: resolveEngineOptions(options, limits),
      host,
      schedule,
      logs: createLogs(host),
      hooks,
      handler: handlerOn(host),
    });
    warnOfOpenCors(this.opts.cors, host);
    this.path = trimPath(options.path || "/engine.io");
    this.#needsSlash = options.addTrailingSlash ?? true;
  }

  /** Whether a request with this URL is for this engine, or for one with another path. */
  matches(url: string, { path, addTrailingSlash }: Pick<CoreEngineOptions, "path" | "addTrailingSlash"> = {}): boolean {
    return pathAfter(path === undefined ? this.path : trimPath(path), url, addTrailingSlash ?? this.#needsSlash) !== undefined;
  }

  /** Serves one request of the Web; 404 when it is for somebody else. */
  async fetch(request: Request, context: WebContext = {}): Promise<Response> {
    if (!this.matches(request.url)) return new Response("Not found", { status: 404 });
    const asked = new WebRequest(request, context);
    const reply = await this.handle(asked);
    asked.settle();
    return toResponse(reply);
  }
}

/** Nobody is above: users listen to the connections themselves, and failures of their listeners are reported. */
function handlerOn(host: Host): EngineHandler {
  const nobody: SessionHandler = { takesEmpty: true, pendingBytes: 0, receive() {}, dropped() {}, relieved() {}, pressed() {}, closed() {} };
  return {
    connected: () => nobody,
    admits: () => true,
    faulted(error, phase, event) {
      const where = event === undefined ? phase : `${phase} "${String(event)}"`;
      host.reportError(`A handler failed (${where})`, error);
    },
    limitHit() {},
  };
}
