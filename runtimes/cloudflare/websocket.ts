import type { WebSocketHandler, WebSocketLike } from "../../src/index.ts";
import { utf8Length } from "../../src/runtime.ts";

/** Unanswered bytes after which the client is asked whether it still reads. */
const ASK_AFTER = 65_536;

/** Tag of our WebSockets: the app may have others in the same object. */
export const OURS = "omnisocket";

/** The end of a WebSocket that outlives the object in memory. */
export abstract class HibernatableWebSocket implements WebSocketLike {
  readonly raw: WebSocket;
  /** Bytes sent since this object woke. */
  protected sent = 0;

  constructor(raw: WebSocket) {
    this.raw = raw;
  }

  /** The platform tells neither how much is unsent nor when there is room: what was sent since the client last proved that it reads. */
  abstract readonly bufferedAmount: number;

  send(data: string | Uint8Array): void {
    if (this.raw.readyState !== WebSocket.READY_STATE_OPEN) return;
    this.raw.send(data);
    this.sent += typeof data === "string" ? utf8Length(data) : data.length;
    this.afterSend(data);
  }

  close(code?: number, reason?: string): void {
    closeOurs(this.raw, code, reason);
  }

  /** There is no way to drop a connection without the closing handshake. */
  terminate(): void {
    this.close(1011);
  }

  /** The handler for what comes in. */
  hears(handler: WebSocketHandler): WebSocketHandler {
    return handler;
  }

  protected abstract afterSend(data: string | Uint8Array): void;
}

/**
 * The end towards a client that answers pings: Engine.IO 4.
 *
 * The platform takes pongs by itself and notes when. A ping that was answered proves that all before it was read.
 */
class AskedWebSocket extends HibernatableWebSocket {
  readonly #state: DurableObjectState;
  /** Bytes sent up to the last ping; up to the last ping that was answered. */
  #sentAtPing = 0;
  #answered = 0;
  #pingedAt = 0;
  /** When a pong came that the platform did not take: the app may have it answer something else. */
  #heardPong = 0;

  constructor(raw: WebSocket, state: DurableObjectState) {
    super(raw);
    this.#state = state;
  }

  get lastPong(): number {
    return Math.max(this.#heardPong, this.#state.getWebSocketAutoResponseTimestamp(this.raw)?.getTime() ?? 0);
  }

  override hears(handler: WebSocketHandler): WebSocketHandler {
    return hearing(handler, (data) => {
      if (data === "3") this.#heardPong = Date.now();
    });
  }

  override get bufferedAmount(): number {
    if (this.#answered < this.#sentAtPing && this.lastPong >= this.#pingedAt) this.#answered = this.#sentAtPing;
    return this.sent - this.#answered;
  }

  protected override afterSend(data: string | Uint8Array): void {
    const unanswered = this.bufferedAmount;
    // One ping at a time: a pong does not say which one it answers.
    if (this.#answered < this.#sentAtPing || (data !== "2" && unanswered < ASK_AFTER)) return;
    if (data !== "2") this.raw.send("2");
    this.#sentAtPing = this.sent;
    this.#pingedAt = Date.now();
  }
}

/**
 * The end towards a client that pings by itself: Engine.IO 3.
 *
 * It cannot be asked. But it pings only once it has read our answer to its last ping, and all before that.
 */
class AskingWebSocket extends HibernatableWebSocket {
  /** Bytes sent up to the last answer; up to the last answer that was read. */
  #sentAtAnswer = 0;
  #read = 0;

  override get bufferedAmount(): number {
    return this.sent - this.#read;
  }

  override hears(handler: WebSocketHandler): WebSocketHandler {
    return hearing(handler, (data) => {
      if (data === "2") this.#read = this.#sentAtAnswer;
    });
  }

  protected override afterSend(data: string | Uint8Array): void {
    if (data === "3") this.#sentAtAnswer = this.sent;
  }
}

/** `handler`, with `note` told of each message before it. */
function hearing(handler: WebSocketHandler, note: (data: string | Uint8Array) => void): WebSocketHandler {
  return {
    open: (ws) => handler.open(ws),
    message: (data) => {
      note(data);
      handler.message(data);
    },
    drain: () => handler.drain(),
    close: (code, reason, error) => handler.close(code, reason, error),
  };
}

/** The end of `raw`, whose client speaks this revision of Engine.IO. */
export function hibernatable(raw: WebSocket, state: DurableObjectState, protocol: 3 | 4): HibernatableWebSocket {
  return protocol === 3 ? new AskingWebSocket(raw) : new AskedWebSocket(raw, state);
}

/** Closes one of our WebSockets, if it is not closed already. */
export function closeOurs(raw: WebSocket, code?: number, reason?: string): void {
  // A client need not answer the close frame. Until it does the platform keeps the WebSocket, and the session must not come back with it.
  raw.serializeAttachment(null);
  closeRaw(raw, code, reason);
}

/** Closes `raw`, if it is not closed already; what it carries stays. */
export function closeRaw(raw: WebSocket, code?: number, reason?: string): void {
  try {
    raw.close(sendableCode(code), reason);
  } catch {
    // It is closed already.
  }
}

/** Codes that a close frame must not carry (RFC 6455, 7.4.1) stand for an ordinary end. */
function sendableCode(code: number | undefined): number {
  return code === undefined || code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
}
