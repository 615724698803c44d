import type { Upgrade } from "../../src/index.ts";
import { type WebContext, WebRequest, toHeaders } from "../../src/runtime.ts";
import { asksForWebSocket } from "../handshake.ts";
import { connect } from "./websocket.ts";

/** What Deno tells of a request beside the request. */
export interface ServeInfo {
  readonly remoteAddr?: Deno.Addr;
}

/** Milliseconds after which a request that has no reply is one that waits. */
const WATCH_INTERVAL = 100;

/**
 * Requests without a reply that nobody watches yet.
 *
 * Once its signal has been asked for, Deno 2.9 aborts it for every request, with an exception and a stack: as dear as the rest of a
 * polling round trip. Most requests are answered before that is worth while.
 */
const unwatched = new Set<DenoRequest>();
let isWatchPlanned = false;

/** A request of Deno's, as the core reads it. */
export class DenoRequest extends WebRequest {
  #left: (() => void) | undefined;

  // Everything is read here: once the request has become a WebSocket, Deno 2.9 throws instead.
  constructor(request: Request, info: ServeInfo & WebContext) {
    super(request, new DenoContext(request, info));
  }

  override settle(): void {
    if (this.#left !== undefined) unwatched.delete(this);
    super.settle();
  }

  override onAbort(listener: () => void): void {
    if (this.upgrade !== undefined) return;
    this.#left = listener;
    unwatched.add(this);
    if (!isWatchPlanned) setTimeout(watchAll, WATCH_INTERVAL);
    isWatchPlanned = true;
  }

  watch(): void {
    super.onAbort(this.#left!);
  }
}

function watchAll(): void {
  isWatchPlanned = false;
  for (const request of unwatched) request.watch();
  unwatched.clear();
}

/** What `Deno.serve` tells of a request, or whoever calls in its place; read when it is asked for, since each look costs. */
class DenoContext implements WebContext {
  readonly #request: Request;
  readonly #info: ServeInfo & WebContext;

  constructor(request: Request, info: ServeInfo & WebContext) {
    this.#request = request;
    this.#info = info;
  }

  get upgrade(): Upgrade | undefined {
    return this.#info.upgrade ?? (asksForWebSocket(this.#request) ? upgradeOf(this.#request) : undefined);
  }

  get remoteAddress(): string | undefined {
    const { remoteAddress, remoteAddr } = this.#info;
    return remoteAddress ?? (remoteAddr !== undefined && "hostname" in remoteAddr ? remoteAddr.hostname : undefined);
  }
}

function upgradeOf(request: Request): Upgrade {
  return (handler, headers) => {
    const added = toHeaders(headers);
    const protocol = request.headers.get("sec-websocket-protocol")?.split(",")[0]?.trim();
    // Deno's own option `protocol` wants the list with a space after each comma.
    if (protocol) added.set("sec-websocket-protocol", protocol);
    const accepted = accept(request);
    if (accepted === undefined) return { status: 400, headers: {} };
    // Its option `headers` is ignored (2.9).
    added.forEach((value, name) => accepted.response.headers.append(name, value));
    connect(accepted.socket, handler);
    return { status: 101, headers: {}, native: accepted.response };
  };
}

/** `undefined` for a handshake that is none. */
function accept(request: Request): Deno.WebSocketUpgrade | undefined {
  try {
    // The core has a heartbeat of its own.
    return Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  } catch {
    return undefined;
  }
}
