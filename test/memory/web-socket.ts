import type { Reply, ReplyHeaders, SharedFrames, WebSocketHandler, WebSocketLike } from "../../src/platform.ts";
import type { MemoryHost } from "./host.ts";
import type { MemoryHub } from "./hub.ts";

export type Frame = string | Uint8Array;

/** How the server ended a WebSocket. */
export type ServerEnd = { readonly code: number | undefined; readonly reason: string | undefined } | "terminated";

/** How a `MemoryWebSocket` behaves. */
export interface WebSocketManners {
  /** The WebSocket opens in a later turn than the handshake is answered, as it does on Deno. */
  readonly opensLater?: boolean;
  /** The server's end offers `sendBatch`. */
  readonly sharesFrames?: boolean;
  /** The server's end can be in topics of this hub. */
  readonly hub?: MemoryHub;
}

/** The client's end of a WebSocket; the server's end behind it does what a platform's would. */
export class MemoryWebSocket {
  /** Frames that arrived and were not taken yet, in order. */
  readonly frames: Frame[] = [];
  /** Whether each frame that ever arrived might be compressed. */
  readonly compressed: boolean[] = [];
  /** Headers of the 101 reply. */
  headers: ReplyHeaders = {};
  /** Bytes that the server believes to be unsent. */
  bufferedAmount = 0;
  /** Whether the client reads. While it does not, what arrives stays in the server's buffer. */
  reads = true;
  /** How the server ended it, if it did. */
  ended: ServerEnd | undefined;
  /** The server's end, once it is open. */
  serverEnd: WebSocketLike | undefined;
  readonly #host: MemoryHost;
  readonly #manners: WebSocketManners;
  #handler: WebSocketHandler | undefined;
  #closed = false;

  constructor(host: MemoryHost, manners: WebSocketManners = {}) {
    this.#host = host;
    this.#manners = manners;
  }

  // ---- what the client does

  /** Sends frames, one after the other, in one turn. */
  send(...frames: readonly Frame[]): void {
    for (const frame of frames) if (!this.#closed) this.#handler?.message(frame);
  }

  /** Everything that arrived since the last time. */
  take(): Frame[] {
    return this.frames.splice(0);
  }

  /** Ends it in good order. */
  close(code = 1005, reason = ""): void {
    this.#finish(code, reason);
  }

  /** The network fails. */
  fail(error = new Error("the network failed")): void {
    this.#finish(1006, "", error);
  }

  /** The client reads again, and what was buffered has been sent, save `left` bytes. */
  drain(left = 0): void {
    this.reads = true;
    this.bufferedAmount = left;
    if (!this.#closed) this.#handler?.drain();
  }

  /** Whether the client may still send. */
  get isOpen(): boolean {
    return this.#handler !== undefined && !this.#closed && this.ended === undefined;
  }

  // ---- what the runtime does

  /** The hub sends it something. */
  published({ frames, compress }: SharedFrames): void {
    for (const frame of frames) this.#arrive(frame, compress);
  }

  /** Answers the handshake: the `upgrade` of a request. */
  accept(handler: WebSocketHandler, headers: ReplyHeaders): Reply {
    this.headers = headers;
    const open = (): void => {
      this.#handler = handler;
      this.serverEnd = this.#makeServerEnd();
      handler.open(this.serverEnd);
    };
    if (this.#manners.opensLater === true) this.#host.defer(open);
    else open();
    return { status: 101, headers: {}, native: this };
  }

  /** The server has another process now. */
  adopt(handler: WebSocketHandler): void {
    this.#handler = handler;
  }

  #makeServerEnd(): WebSocketLike {
    // oxlint-disable-next-line no-this-alias, typescript/no-this-alias
    const client = this;
    const sendBatch = ({ frames, compress }: SharedFrames): void => {
      for (const frame of frames) this.#arrive(frame, compress);
    };
    return {
      get bufferedAmount() {
        return client.bufferedAmount;
      },
      send: (data, compress) => this.#arrive(data, compress),
      close: (code, reason) => this.#end({ code, reason }),
      terminate: () => this.#end("terminated"),
      ...(this.#manners.sharesFrames === true ? { sendBatch } : {}),
      ...this.#manners.hub?.endOf(this),
    };
  }

  #arrive(frame: Frame, compress: boolean): void {
    if (this.ended !== undefined || this.#closed) return;
    this.frames.push(frame);
    this.compressed.push(compress);
    if (!this.reads) this.bufferedAmount += frame.length;
  }

  /** The server ends it; the platform reports the end once the client has agreed, which takes a turn. */
  #end(end: ServerEnd): void {
    if (this.ended !== undefined || this.#closed) return;
    this.ended = end;
    this.#host.defer(() => (end === "terminated" ? this.#finish(1006, "") : this.#finish(end.code ?? 1005, end.reason ?? "")));
  }

  #finish(code: number, reason: string, error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handler?.close(code, reason, error);
  }
}
