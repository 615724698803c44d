import type { BodyFailure, HeadersLike, Reply, ReplyHeaders, RequestLike, Upgrade } from "../platform.ts";
import { toHeaders } from "./hooks.ts";
import { KeptHeaders } from "./kept-headers.ts";
import { isOfSession } from "./query.ts";

/** What a web runtime knows of a request beside the request. */
export interface WebContext {
  /** Present on a WebSocket handshake. */
  readonly upgrade?: Upgrade | undefined;
  /** Read at once of a handshake, and of any other request only where somebody asks. */
  readonly remoteAddress?: string | undefined;
  /** Whether the request's signal aborts after the reply where, and only where, the client did not get it. */
  readonly tellsOfLostReplies?: boolean | undefined;
}

/** Bytes up to which a body is taken as a whole, which costs less than a stream. */
const WHOLE_LIMIT = 65_536;

/** A `Request` of the Web, as the core reads it. */
export class WebRequest implements RequestLike {
  readonly method: string;
  readonly url: string;
  readonly secure: boolean;
  /** Gone once there is a reply. */
  upgrade: Upgrade | undefined;
  /** Whether it is a handshake, which a session holds as long as it lives. */
  readonly #isKept: boolean;
  readonly #tellsOfLostReplies: boolean;
  /** Or what tells it, which a session must not hold. */
  readonly #address: string | WebContext;
  #raw: Request | undefined;
  #isShown = false;
  #headers: HeadersLike | undefined;
  /** The headers as text, once there is a reply. */
  #kept = "";
  #cancelled = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined = undefined;
  #giveUp: (() => void) | undefined = undefined;
  #isWatched = true;

  constructor(request: Request, context: WebContext) {
    const { url } = request;
    const { upgrade, tellsOfLostReplies = false } = context;
    this.#tellsOfLostReplies = tellsOfLostReplies;
    this.#isKept = upgrade !== undefined || !isOfSession(url);
    this.#raw = request;
    this.method = request.method;
    this.url = url;
    // A copy: some platforms take the headers away once the request is answered, or a WebSocket.
    this.#headers = this.#isKept ? KeptHeaders.copy(request.headers) : request.headers;
    this.#address = this.#isKept ? (context.remoteAddress ?? "") : context;
    this.secure = url.startsWith("https:");
    this.upgrade = upgrade;
  }

  /** The same for everyone who asks, from the first time on. */
  get raw(): Request {
    this.#isShown = true;
    return this.#request;
  }

  get remoteAddress(): string {
    return typeof this.#address === "string" ? this.#address : (this.#address.remoteAddress ?? "");
  }

  get headers(): HeadersLike {
    return this.#headers ?? new KeptHeaders(this.#kept);
  }

  /** There is a reply. Of a handshake that nobody has seen as little is kept as there can be: text. */
  settle(): void {
    this.#isWatched = this.#tellsOfLostReplies;
    if (!(this.#headers instanceof KeptHeaders)) return;
    this.#kept = this.#headers.text;
    this.#headers = this.upgrade = this.#giveUp = undefined;
    if (!this.#isShown) this.#raw = undefined;
  }

  get #request(): Request {
    return (this.#raw ??= new Request(new URL(this.url, "http://localhost"), { method: this.method, headers: toWebHeaders(this.headers) }));
  }

  readBody(limit: number): Promise<Uint8Array | BodyFailure> {
    // An absent length is null, which counts as 0.
    const length = Number(this.headers.get("content-length"));
    return length > 0 && length <= Math.min(limit, WHOLE_LIMIT) ? this.#readWhole(limit) : this.#readStream(limit);
  }

  cancelBody(): void {
    this.#cancelled = true;
    this.#giveUp?.();
    this.#reader?.cancel().catch(() => {});
  }

  onAbort(listener: () => void): void {
    const { signal } = this.#request;
    if (signal.aborted) return listener();
    // Some platforms abort it after the reply, too.
    const left = (): void => {
      if (this.#isWatched) listener();
    };
    signal.addEventListener("abort", left);
  }

  #readWhole(limit: number): Promise<Uint8Array | BodyFailure> {
    return new Promise((resolve) => {
      const abort = (): void => resolve("aborted");
      this.#giveUp = abort;
      this.#request.arrayBuffer().then((body) => resolve(body.byteLength > limit ? "too-large" : new Uint8Array(body)), abort);
    });
  }

  async #readStream(limit: number): Promise<Uint8Array | BodyFailure> {
    const { body } = this.#request;
    if (body === null) return new Uint8Array(0);
    const reader = body.getReader();
    this.#reader = reader;
    try {
      return await this.#readAll(reader, limit);
    } catch {
      return "aborted";
    }
  }

  async #readAll(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Uint8Array | BodyFailure> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (this.#cancelled) return "aborted";
      if (done) return join(chunks, size);
      size += value.length;
      if (size > limit) {
        this.cancelBody();
        return "too-large";
      }
      chunks.push(value);
    }
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

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
