import { TransportError, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import { type SharedFrames, type TopicHub, isLonger } from "../../src/runtime.ts";
import { type Chain, Outbox, type Sender } from "./outbox.ts";

type Socket = Bun.ServerWebSocket<unknown>;

/** A server of Bun's, or one of its WebSockets. */
export type Publisher = Pick<Bun.Server<unknown>, "publish">;

/** What Bun sends at once of what it is given together: more would only wait. */
const CORK_LIMIT = 16_384;

/** Bytes from which a message is compressed, where it is not known what the options say. */
const DEFLATE_THRESHOLD = 1024;

/** What this turn sends over all WebSockets. */
export const outbox: Outbox = new Outbox();

/**
 * What our WebSockets carry as `ws.data`: Bun has one set of listeners for all WebSockets of a server, and they are told apart by it.
 *
 * Its methods are named as Bun's listeners are. Frameworks that pass events on to `ws.data`, as Elysia does, need nothing else.
 */
export class OurSocket {
  /** The server of Bun's that it belongs to. */
  readonly server: Publisher;
  readonly #handler: WebSocketHandler;
  #socket: BunWebSocket | undefined;

  constructor(handler: WebSocketHandler, server: Publisher) {
    this.#handler = handler;
    this.server = server;
  }

  /** Messages of `deflateThreshold` bytes and more are compressed, where the client agrees. Without `hub`, topics do not reach it. */
  open(ws: Socket, deflateThreshold = DEFLATE_THRESHOLD, hub?: TopicHub): void {
    const socket = new BunWebSocket(ws, deflateThreshold, hub);
    this.#socket = socket;
    outbox.corked = socket;
    try {
      this.#handler.open(socket);
    } finally {
      outbox.corked = undefined;
    }
  }

  message(_ws: Socket, data: string | Buffer): void {
    outbox.corked = this.#socket;
    try {
      this.#handler.message(data);
    } finally {
      outbox.corked = undefined;
    }
  }

  drain(): void {
    this.#handler.drain();
  }

  close(_ws: Socket, code: number, reason: string): void {
    this.#handler.close(code, reason, this.#socket?.fault ?? faultOf(code, reason));
  }
}

/** Bun gives a reason of its own where it ended the connection. */
function faultOf(code: number, reason: string): Error | undefined {
  if (code !== 1006 || reason === "") return undefined;
  if (/too big/i.test(reason)) return new TransportError(reason, "PAYLOAD_TOO_LARGE", "maxHttpBufferSize");
  return new TransportError(reason);
}

/** The end of a WebSocket that Bun speaks. */
export class BunWebSocket implements WebSocketLike, Sender {
  readonly hub: TopicHub | undefined;
  /** Why it was ended from here. */
  fault: TransportError | undefined;
  readonly #ws: Socket;
  /** What this turn sends, up to `CORK_LIMIT`; only while Bun holds nothing back. */
  #pending: Chain | undefined;
  #ended = false;
  readonly #deflateThreshold: number;

  constructor(ws: Socket, deflateThreshold: number, hub: TopicHub | undefined) {
    this.#deflateThreshold = deflateThreshold;
    this.#ws = ws;
    this.hub = hub;
  }

  /** Without what is pending: it is about to be written. */
  get bufferedAmount(): number {
    return this.#pending === undefined ? this.#ws.getBufferedAmount() : 0;
  }

  /** What publishes to all subscribers but this one. */
  get publisher(): Publisher {
    return this.#ws;
  }

  subscribe(topic: string): void {
    this.#ws.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#ws.unsubscribe(topic);
  }

  send(data: string | Uint8Array<ArrayBuffer>, compress: boolean): void {
    this.sendBatch({ frames: [data], compress });
  }

  sendBatch(batch: SharedFrames): void {
    if (this.#pending === undefined && outbox.corked === this) this.#writeBatch(batch);
    else this.#hold(batch);
  }

  /** Holds it back until the end of the turn, where there is room. */
  #hold(batch: SharedFrames): void {
    if (this.#ended) return;
    const before = this.#pending;
    const chain = before === undefined ? outbox.chain(batch) : before.with(batch);
    if (chain.size > CORK_LIMIT || (before === undefined && this.#ws.getBufferedAmount() > 0)) return this.#write(chain);
    this.#pending = chain;
    if (before === undefined) outbox.add(this);
  }

  flush(): void {
    if (this.#pending !== undefined) this.#write(this.#pending);
  }

  close(code?: number, reason?: string): void {
    if (this.#ended) return;
    this.flush();
    this.#ws.close(code, reason);
  }

  /** Bun reports the end before `terminate` returns; the core hears of it after what it is doing now. */
  terminate(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#pending = undefined;
    queueMicrotask(() => this.#ws.terminate());
  }

  #write(chain: Chain): void {
    this.#pending = undefined;
    if (chain.isLong) this.#ws.cork(() => this.#writeAll(chain));
    else this.#writeBatch(chain.batch);
  }

  #writeAll({ batches }: Chain): void {
    for (const batch of batches) this.#writeBatch(batch);
  }

  #writeBatch({ frames, compress }: SharedFrames): void {
    for (let at = 0; at < frames.length; at++) {
      const frame = frames[at]!;
      this.#writeFrame(frame, compress && isLonger(frame, this.#deflateThreshold - 1));
    }
  }

  #writeFrame(frame: string | Uint8Array, compress: boolean): void {
    if (this.#ended) return;
    const ws = this.#ws;
    const sent = typeof frame === "string" ? ws.sendText(frame, compress) : ws.sendBinary(frame, compress);
    if (sent === 0) this.#notTaken(frame);
  }

  /** 0 is for a message that was dropped, at `backpressureLimit`; also for an empty one that was sent, and after the end. */
  #notTaken(frame: string | Uint8Array): void {
    const ws = this.#ws;
    if (ws.readyState !== WebSocket.OPEN || (frame.length === 0 && ws.getBufferedAmount() === 0)) return;
    this.fault = new TransportError("SLOW_CONSUMER: the client does not read, see backpressureLimit of Bun.serve", "SLOW_CONSUMER", "maxBufferedBytes");
    this.terminate();
  }
}
