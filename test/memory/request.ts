import type { BodyFailure, HeadersLike, RequestLike, Upgrade } from "../../src/platform.ts";

/** What a test says about a request. */
export interface Asking {
  /** @default "POST" with a body, else "GET" */
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** The whole body, in one chunk or several. Left out with `POST`, the body comes through `push` and `end`. */
  readonly body?: Chunk | readonly Chunk[];
  /** @default "192.0.2.1" */
  readonly remoteAddress?: string;
  readonly secure?: boolean;
  readonly upgrade?: Upgrade;
}

export type Chunk = string | Uint8Array;

const encoder = new TextEncoder();

/** An HTTP request that never was on a wire. It stands in for the platform's own as well: `raw` is the request itself. */
export class MemoryRequest implements RequestLike {
  readonly method: string;
  readonly url: string;
  readonly headers: HeadersLike;
  readonly remoteAddress: string;
  readonly secure: boolean;
  readonly upgrade: Upgrade | undefined;
  readonly raw = this;
  #chunks: Uint8Array[] = [];
  #size = 0;
  #ended = false;
  #aborted = false;
  #cancelled = false;
  #abortListener: (() => void) | undefined;
  #reading: { readonly limit: number; readonly resolve: (body: Uint8Array | BodyFailure) => void } | undefined;

  constructor(url: string, asking: Asking = {}) {
    const { body, headers = {}, remoteAddress = "192.0.2.1", secure = false, upgrade } = asking;
    this.url = url;
    this.method = asking.method ?? (body === undefined ? "GET" : "POST");
    this.headers = new MemoryHeaders(headers);
    this.remoteAddress = remoteAddress;
    this.secure = secure;
    this.upgrade = upgrade;
    if (body === undefined && this.method === "POST") return;
    if (Array.isArray(body)) for (const chunk of body as readonly Chunk[]) this.push(chunk);
    else if (body !== undefined) this.push(body as Chunk);
    this.end();
  }

  // ---- what the client does

  /** The next chunk of the body arrives. */
  push(chunk: Chunk): this {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
    this.#size += bytes.length;
    this.#chunks.push(bytes);
    this.#check();
    return this;
  }

  /** The body is complete. */
  end(): this {
    this.#ended = true;
    this.#check();
    return this;
  }

  /** The client leaves. */
  abort(): void {
    this.#aborted = true;
    this.#abortListener?.();
    this.#finish("aborted");
  }

  // ---- what the core does

  /** Whether the core waits for more of the body. */
  get isReading(): boolean {
    return this.#reading !== undefined;
  }

  /** Whether the core has given up on the body. */
  get isCancelled(): boolean {
    return this.#cancelled;
  }

  readBody(limit: number): Promise<Uint8Array | BodyFailure> {
    return new Promise((resolve) => {
      this.#reading = { limit, resolve };
      this.#check();
    });
  }

  cancelBody(): void {
    this.#cancelled = true;
    this.#finish("aborted");
  }

  onAbort(listener: () => void): void {
    if (this.#aborted) listener();
    else this.#abortListener = listener;
  }

  #check(): void {
    if (this.#reading === undefined) return;
    if (this.#size > this.#reading.limit) this.#finish("too-large");
    else if (this.#aborted) this.#finish("aborted");
    else if (this.#ended) this.#finish(joined(this.#chunks, this.#size));
  }

  #finish(body: Uint8Array | BodyFailure): void {
    this.#reading?.resolve(body);
    this.#reading = undefined;
  }
}

/** As quick to make as the platform's own are slow: a simulation makes millions. */
class MemoryHeaders implements HeadersLike {
  readonly #values = new Map([["host", "app.example"]]);

  constructor(headers: Record<string, string>) {
    for (const name in headers) this.#values.set(name.toLowerCase(), headers[name]!);
  }

  get(name: string): string | null {
    return this.#values.get(name) ?? null;
  }

  forEach(visit: (value: string, name: string) => void): void {
    this.#values.forEach(visit);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
