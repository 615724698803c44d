import type { Duplex } from "node:stream";
import { TransportError, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import type { SharedFrames } from "../../src/runtime.ts";
import { type FrameLimits, FrameReader, type FrameSink } from "./frame-reader.ts";
import { encodeClose, encodeFrame, encodeFrames, encodePong } from "./frames.ts";
import { Chain, type Outbox, type Sender } from "./outbox.ts";

/** Milliseconds for which the other side may take to end a connection that is being closed. */
const CLOSING_TIME = 30_000;

/** The limits that reading frames enforces, by the close codes that say so. */
const limitsByCode = new Map([
  [1008, "maxFragments"],
  [1009, "maxHttpBufferSize"],
]);

const ABNORMAL = 1006;
const NO_STATUS = 1005;

export interface WebSocketLimits extends FrameLimits {
  readonly maxPendingPongs: number;
}

/** A WebSocket without extensions over a connection of Node's: RFC 6455 as far as a Socket.IO server needs it. */
export class OwnWebSocket implements WebSocketLike, Sender, FrameSink {
  readonly #socket: Duplex;
  readonly #handler: WebSocketHandler;
  readonly #limits: WebSocketLimits;
  readonly #outbox: Outbox;
  readonly #reader: FrameReader;
  /** `closing`: our close frame is sent. `closed`: the handler knows. */
  #state: "open" | "closing" | "closed" = "open";
  /** What this turn sends. */
  #pending: Buffer | Chain | undefined = undefined;
  #pendingPongs = 0;

  constructor(socket: Duplex, handler: WebSocketHandler, limits: WebSocketLimits, outbox: Outbox) {
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#outbox = outbox;
    this.#reader = new FrameReader(this, limits);
  }

  /** Begins with our part of the handshake, and with what the client has said since its part. */
  start(handshake: Buffer, received: Buffer): void {
    const socket = this.#socket;
    this.#add(handshake);
    socket.on("data", (chunk: Buffer) => this.#reader.read(chunk));
    socket.on("end", () => this.#end(ABNORMAL));
    socket.on("close", () => this.#end(ABNORMAL));
    this.#handler.open(this);
    if (received.length > 0) this.#reader.read(received);
  }

  // ---- out

  get bufferedAmount(): number {
    const pending = this.#pending;
    const held = pending === undefined ? 0 : pending instanceof Chain ? pending.size : pending.length;
    return this.#socket.writableLength + held;
  }

  send(data: string | Uint8Array): void {
    if (this.#state !== "open") return;
    for (const piece of encodeFrame(data)) this.#add(piece);
  }

  sendBatch(batch: SharedFrames): void {
    if (this.#state !== "open") return;
    const pieces = (batch.prebuilt ??= encodeFrames(batch.frames)) as readonly Buffer[];
    for (let at = 0; at < pieces.length; at++) this.#add(pieces[at]!);
  }

  flush(): void {
    const pending = this.#pending;
    const socket = this.#socket;
    if (pending === undefined) return;
    this.#pending = undefined;
    if (!(pending instanceof Chain)) return this.#write(pending);
    const { pieces } = pending;
    if (pieces.length === 1) return this.#write(pieces[0]!);
    socket.cork();
    for (const piece of pieces) this.#write(piece);
    socket.uncork();
  }

  close(code?: number, reason?: string): void {
    if (this.#state !== "open") return;
    this.#sendClose(code, reason);
    this.#state = "closing";
  }

  terminate(): void {
    this.#pending = undefined;
    this.#socket.destroy();
  }

  // ---- in

  message(data: string | Buffer): void {
    if (this.#state === "open") this.#handler.message(data);
  }

  ping(data: Buffer): void {
    if (this.#state !== "open") return;
    this.#pendingPongs += 1;
    if (this.#pendingPongs > this.#limits.maxPendingPongs) this.#exceedPongs();
    else this.#write(encodePong(data), () => (this.#pendingPongs -= 1));
  }

  #exceedPongs(): void {
    this.terminate();
    this.#end(ABNORMAL, "", new TransportError("Too many pings: see the option limits.maxPendingPongs", undefined, "maxPendingPongs"));
  }

  closing(code: number, reason: string): void {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#sendClose(code === NO_STATUS ? undefined : code, reason);
    this.#state = "closing";
    // A released `socket.io` that is bound to our engine takes each message in a tick of its own: the last ones come first.
    process.nextTick(() => this.#end(code, reason));
  }

  invalid(code: number, message: string): void {
    if (this.#state === "open") this.#sendClose(code);
    this.#end(ABNORMAL, "", new TransportError(message, code === 1009 ? "PAYLOAD_TOO_LARGE" : undefined, limitsByCode.get(code)));
  }

  // ---- the end

  /** Whatever was sent before goes first, and nothing comes after. */
  #sendClose(code?: number, reason?: string): void {
    const socket = this.#socket;
    this.flush();
    this.#write(encodeClose(code, reason));
    const timer = setTimeout(() => socket.destroy(), CLOSING_TIME).unref();
    socket.once("close", () => clearTimeout(timer));
  }

  #end(code: number, reason = "", fault?: TransportError): void {
    if (this.#state === "closed") return;
    this.flush();
    this.#state = "closed";
    // One that is gone already would make an error of it, with a stack.
    if (!this.#socket.destroyed) this.#socket.end();
    this.#handler.close(code, reason, fault);
  }

  /** The handler hears of a drain only where a write found no room. */
  #write(bytes: Buffer, done?: () => void): void {
    const socket = this.#socket;
    const waits = socket.writableNeedDrain;
    if (!socket.write(bytes, done) && !waits) socket.once("drain", () => this.#handler.drain());
  }

  #add(piece: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) {
      this.#pending = piece;
      this.#outbox.add(this);
    } else {
      this.#pending = pending instanceof Chain ? pending.with(piece) : this.#outbox.chain(pending, piece);
    }
  }
}
