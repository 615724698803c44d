import type { WebSocketHandler, WebSocketLike } from "../../src/index.ts";
import { utf8Length } from "../../src/runtime.ts";

/** Bytes and frames that Deno is given at once for one client. It holds them until the client reads or leaves, even after `close`. */
const WINDOW = 1_048_576;
/** Each takes about a kilobyte beside its bytes there. */
const WINDOW_FRAMES = 1024;

/** Bytes that a frame takes here beside its content. */
const OVERHEAD = 80;

/** Bytes that a UTF-16 unit takes in UTF-8, at most. */
const MAX_UTF8 = 3;

/** Milliseconds between two looks at how much a slow client has read: Deno has no event for that. */
const LOOK_INTERVAL = 10;

/** Milliseconds in which a slow client may still fetch what was sent before a close. */
const CLOSING_TIME = 30_000;

/** Reports what the WebSocket says to `handler`. */
export function connect(ws: WebSocket, handler: WebSocketHandler): void {
  const socket = new DenoWebSocket(ws, handler);
  let state: "opening" | "open" | "ended" = "opening";
  let fault: Error | undefined;
  ws.binaryType = "arraybuffer";
  ws.addEventListener("open", () => {
    state = "open";
    handler.open(socket);
  });
  ws.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    handler.message(typeof data === "string" ? data : new Uint8Array(data));
  });
  ws.addEventListener("error", (event) => (fault = faultOf(event as ErrorEvent)));
  // Comes twice when the client vanishes while we close.
  ws.addEventListener("close", ({ code, reason }) => {
    const wasOpen = state === "open";
    state = "ended";
    socket.forget();
    if (wasOpen) handler.close(code, reason, fault);
  });
}

/** A connection that breaks is an ordinary end; a client that breaks the protocol is not. */
function faultOf({ message }: ErrorEvent): Error | undefined {
  return /unexpected eof|os error|connection/i.test(message) ? undefined : new Error(message);
}

/** The end of a WebSocket that Deno speaks; what a slow client does not read waits here, where it can be dropped. */
class DenoWebSocket implements WebSocketLike {
  readonly #ws: WebSocket;
  readonly #handler: WebSocketHandler;
  #backlog: { readonly data: string | Uint8Array<ArrayBuffer>; readonly size: number }[] = [];
  #backlogBytes = 0;
  /** Bytes that Deno holds, at most: to ask it costs nearly half of what a message does. */
  #heldAtMost = 0;
  /** Frames of them, at most. */
  #framesAtMost = 0;
  #closing: { readonly code: number | undefined; readonly reason: string | undefined; readonly by: number } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ws: WebSocket, handler: WebSocketHandler) {
    this.#ws = ws;
    this.#handler = handler;
  }

  get bufferedAmount(): number {
    return this.#held + this.#backlogBytes;
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#closing !== undefined) return;
    if (this.#timer === undefined && !this.#isFull) {
      this.#pass(data);
      // The core wants to hear when this has been read.
      if (this.#isFull) this.#lookLater(0);
      return;
    }
    const size = OVERHEAD + (typeof data === "string" ? utf8Length(data) : data.length);
    this.#backlog.push({ data, size });
    this.#backlogBytes += size;
    this.#lookLater(0);
  }

  close(code?: number, reason?: string): void {
    if (this.#timer === undefined) return this.#ws.close(code, reason);
    this.#closing ??= { code, reason, by: performance.now() + CLOSING_TIME };
  }

  /** Deno cannot drop a connection: a client that does not read keeps it, without the backlog, until it leaves. */
  terminate(): void {
    this.forget();
    this.#ws.close();
  }

  /** Drops what waits. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#backlog = [];
    this.#backlogBytes = 0;
  }

  get #held(): number {
    this.#heldAtMost = this.#ws.bufferedAmount;
    if (this.#heldAtMost === 0) this.#framesAtMost = 0;
    return this.#heldAtMost;
  }

  get #isFull(): boolean {
    if (this.#heldAtMost < WINDOW && this.#framesAtMost < WINDOW_FRAMES) return false;
    return this.#held >= WINDOW || this.#framesAtMost >= WINDOW_FRAMES;
  }

  #pass(data: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(data);
    this.#heldAtMost += typeof data === "string" ? data.length * MAX_UTF8 : data.length;
    this.#framesAtMost += 1;
  }

  #lookLater(milliseconds: number): void {
    this.#timer ??= setTimeout(() => this.#look(), milliseconds);
  }

  #look(): void {
    this.#timer = undefined;
    const isRead = this.#held === 0;
    this.#passBacklog();
    const closing = this.#closing;
    const waits = this.#backlog.length > 0 || this.#isFull;
    if (waits && (closing === undefined || performance.now() < closing.by)) return this.#lookLater(isRead ? 0 : LOOK_INTERVAL);
    this.forget();
    if (closing !== undefined) return this.#ws.close(closing.code, closing.reason);
    this.#handler.drain();
  }

  #passBacklog(): void {
    let count = 0;
    while (count < this.#backlog.length && !this.#isFull) {
      const { data, size } = this.#backlog[count]!;
      this.#pass(data);
      this.#backlogBytes -= size;
      count += 1;
    }
    this.#backlog.splice(0, count);
  }
}
