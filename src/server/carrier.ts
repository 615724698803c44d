import type { HeadersLike, RequestLike } from "../platform.ts";
import type { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";

/** What a peer needs of the connection that carries it: one of our sessions, or one of another engine. */
export interface Carrier {
  readonly id: string;
  /** Revision of the Engine.IO protocol; engines that do not tell speak the newest. */
  readonly protocol?: number | undefined;
  readonly readyState: "open" | "closing" | "closed";
  /** Whether a packet that may be dropped would go out now. */
  readonly writable: boolean;
  /** Bytes handed over and not yet sent. */
  readonly bufferedBytes: number;
  /** The platform's own request of the handshake. */
  readonly request: unknown;
  readonly handshake: RequestLike;
  deliver(batch: Batch): void;
  close(): unknown;
  /** Ends a connection whose client is known to be gone. */
  abandon(error: Error): void;
}

/** A connection of another Engine.IO server, by the contract that such servers share. */
export interface ForeignConnection {
  readonly id: string;
  readonly protocol?: number;
  readonly readyState: string;
  readonly remoteAddress?: string;
  readonly request: ForeignRequest;
  readonly transport: { readonly name: string; readonly writable: boolean };
  on(event: "data", listener: (data: Message | ArrayBuffer) => void): unknown;
  on(event: "close", listener: (reason: never, description?: unknown) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  write(data: Message, options?: { compress?: boolean }): unknown;
  close(): unknown;
}

interface ForeignRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly url?: string;
  readonly method?: string;
  readonly connection?: { readonly encrypted?: boolean; readonly remoteAddress?: string };
}

/** Another Engine.IO server, which `bind` listens to. */
export interface ForeignEngine {
  on(event: "connection", listener: (connection: ForeignConnection) => void): unknown;
  close?(): unknown;
}

/** Carries a peer over a connection of another engine. */
export class ForeignCarrier implements Carrier {
  /** Other engines do not tell. */
  readonly bufferedBytes = 0;
  readonly #connection: ForeignConnection;

  constructor(connection: ForeignConnection) {
    this.#connection = connection;
  }

  get id(): string {
    return this.#connection.id;
  }

  get protocol(): number | undefined {
    return this.#connection.protocol;
  }

  get readyState(): "open" | "closing" | "closed" {
    const { readyState } = this.#connection;
    return readyState === "open" || readyState === "closing" ? readyState : "closed";
  }

  get writable(): boolean {
    return this.#connection.transport.writable;
  }

  get request(): unknown {
    return this.#connection.request;
  }

  get handshake(): RequestLike {
    return new ForeignHandshake(this.#connection);
  }

  deliver(batch: Batch): void {
    for (const message of batch.messages) this.#connection.write(message, { compress: batch.compress });
  }

  close(): void {
    this.#connection.close();
  }

  abandon(): void {
    this.#connection.close();
  }
}

/** The handshake request of another engine, which is over: it is only read. */
class ForeignHandshake implements RequestLike {
  readonly raw: ForeignRequest;
  readonly headers: HeadersLike;
  readonly remoteAddress: string;

  constructor({ request, remoteAddress }: ForeignConnection) {
    this.raw = request;
    this.remoteAddress = remoteAddress ?? request.connection?.remoteAddress ?? "";
    this.headers = {
      get: (name) => request.headers[name]?.toString() ?? null,
      forEach(visit) {
        for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) visit(String(value), name);
      },
    };
  }

  get method(): string {
    return this.raw.method ?? "GET";
  }

  get url(): string {
    return this.raw.url ?? "/";
  }

  get secure(): boolean {
    return this.raw.connection?.encrypted === true;
  }

  readBody(): Promise<"aborted"> {
    return Promise.resolve("aborted");
  }

  cancelBody(): void {}

  onAbort(): void {}
}
