import type { BodyFailure, HeadersLike, Reply, ReplyHeaders, RequestLike, Upgrade } from "../platform.ts";
import { toHeaders } from "./hooks.ts";
import { KeptHeaders } from "./kept-headers.ts";
import { isOfSession } from "./query.ts";
import { WebBody } from "./web-body.ts";

/** What a web runtime knows of a request beside the request. */
export interface WebContext {
  /** Present on a WebSocket handshake. */
  readonly upgrade?: Upgrade | undefined;
  /** Read at once of a handshake, and of any other request only where somebody asks. */
  readonly remoteAddress?: string | undefined;
  /** Whether the request's signal aborts after the reply where, and only where, the client did not get it. */
  readonly tellsOfLostReplies?: boolean | undefined;
}

/** A `Request` of the Web, as the core reads it. */
export class WebRequest implements RequestLike {
  readonly method: string;
  readonly url: string;
  /** Gone once there is a reply. */
  upgrade: Upgrade | undefined;
  /** Or what tells it, which a session must not hold. */
  readonly #address: string | WebContext;
  #raw: Request | undefined;
  #isShown = false;
  /** Of a handshake, as text once there is a reply. */
  #headers: HeadersLike | string;
  #body: WebBody | undefined = undefined;
  /** Whether it matters that the client leaves. */
  #isWatched: boolean | "until the reply";

  constructor(request: Request, context: WebContext) {
    const { url } = request;
    const { upgrade, tellsOfLostReplies = false } = context;
    // A session holds its handshake as long as it lives.
    const isKept = !isOfSession(url);
    this.#isWatched = tellsOfLostReplies || "until the reply";
    this.#raw = request;
    this.method = request.method;
    this.url = url;
    // A copy: some platforms take the headers away once the request is answered, or a WebSocket.
    this.#headers = isKept ? KeptHeaders.copy(request.headers) : request.headers;
    this.#address = isKept ? (context.remoteAddress ?? "") : context;
    this.upgrade = upgrade;
  }

  /** The same for everyone who asks, from the first time on. */
  get raw(): Request {
    this.#isShown = true;
    return this.#request;
  }

  get secure(): boolean {
    return this.url.startsWith("https:");
  }

  get remoteAddress(): string {
    return typeof this.#address === "string" ? this.#address : (this.#address.remoteAddress ?? "");
  }

  get headers(): HeadersLike {
    return typeof this.#headers === "string" ? new KeptHeaders(this.#headers) : this.#headers;
  }

  /** There is a reply. Of a handshake that nobody has seen as little is kept as there can be: text. */
  settle(): void {
    if (this.#isWatched === "until the reply") this.#isWatched = false;
    if (!(this.#headers instanceof KeptHeaders)) return;
    this.#headers = this.#headers.text;
    this.upgrade = this.#body = undefined;
    if (!this.#isShown) this.#raw = undefined;
  }

  get #request(): Request {
    return (this.#raw ??= new Request(new URL(this.url, "http://localhost"), { method: this.method, headers: toWebHeaders(this.headers) }));
  }

  get #ownBody(): WebBody {
    return (this.#body ??= new WebBody(this.#request));
  }

  readBody(limit: number): Promise<Uint8Array | BodyFailure> {
    // An absent length is null, which counts as 0.
    return this.#ownBody.read(Number(this.headers.get("content-length")), limit);
  }

  cancelBody(): void {
    this.#ownBody.cancel();
  }

  onAbort(listener: () => void): void {
    const { signal } = this.#request;
    if (signal.aborted) return listener();
    // Some platforms abort it after the reply, too.
    const left = (): void => {
      if (this.#isWatched !== false) listener();
    };
    signal.addEventListener("abort", left);
  }
}

/** The `Response` that says what `reply` says; an empty one where the platform has answered in its own way. */
export function toResponse(reply: Reply): Response {
  if (reply.native !== undefined) return reply.native instanceof Response ? reply.native : new Response(null);
  const { status, headers } = reply;
  return new Response(reply.body as BodyInit | undefined ?? null, { status, headers: isPlain(headers) ? headers : toHeaders(headers) });
}

function toWebHeaders(headers: HeadersLike): Headers {
  const result = new Headers();
  headers.forEach((value, name) => result.append(name, value));
  return result;
}

function isPlain(headers: ReplyHeaders): headers is Record<string, string> {
  for (const name in headers) if (typeof headers[name] !== "string") return false;
  return true;
}
