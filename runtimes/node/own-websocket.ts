import type { Duplex } from "node:stream";
import { TransportError, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import type { SharedFrames } from "../../src/runtime.ts";
import type { Closing } from "./closing.ts";
import { type FrameLimits, FrameReader, type FrameSink } from "./frame-reader.ts";
import { encodeClose, encodeFrame, encodeFrames, encodePong } from "./frames.ts";
import { Chain, type Outbox, type Sender } from "./outbox.ts";
import { Pieces } from "./pieces.ts";

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
  readonly #closing: Closing;
  readonly #reader: FrameReader;
  /** `closing`: our close frame is sent. `closed`: the handler knows. */
  #state: "open" | "closing" | "closed" = "open";
  /** What this turn sends. */
  #pending: Buffer | Chain | undefined = undefined;
  /** What waits for the last write to leave, while there is one: a write that Node keeps takes far more than its bytes. */
  #held: Pieces | undefined = undefined;
  #pendingPongs = 0;

  constructor(socket: Duplex, handler: WebSocketHandler, limits: WebSocketLimits, outbox: Outbox, closing: Closing) {
    this.#socket = socket;
    this.#handler = handler;
    this.#limits = limits;
    this.#outbox = outbox;
    this.#closing = closing;
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
    if (received.length === 0) return;
    // Answers to pings are not held back, and must not come before the handshake's.
    this.flush();
    this.#reader.read(received);
  }

  // ---- out

  get bufferedAmount(): number {
    const pending = this.#pending;
    const ofThisTurn = pending === undefined ? 0 : pending instanceof Chain ? pending.size : pending.length;
    return this.#socket.writableLength + (this.#held?.size ?? 0) + ofThisTurn;
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
    if (pending === undefined) return;
    this.#pending = undefined;
    if (this.#held !== undefined || this.#socket.writableLength > 0) this.#hold(pending instanceof Chain ? pending.pieces : [pending]);
    else if (pending instanceof Chain) this.#writeAll(pending.pieces);
    else this.#write(pending);
  }

  close(code?: number, reason?: string): void {
    if (this.#state !== "open") return;
    this.#sendClose(code, reason);
    this.#state = "closing";
  }

  terminate(): void {
    this.#pending = undefined;
    this.#held = undefined;
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
    this.#flushHeld();
    this.#write(encodeClose(code, reason));
    this.#closing.add(this.#socket);
  }

  #end(code: number, reason = "", fault?: TransportError): void {
    if (this.#state === "closed") return;
    this.#flushHeld();
    this.#state = "closed";
    // One that is gone already would make an error of it, with a stack.
    if (!this.#socket.destroyed) this.#socket.end();
    this.#closing.add(this.#socket);
    this.#handler.close(code, reason, fault);
  }

  // ---- writing

  /** The handler hears of a drain only where a write found no room. */
  #write(bytes: Buffer, done?: (error?: Error | null) => void): void {
    const socket = this.#socket;
    const waits = socket.writableNeedDrain;
    if (socket.write(bytes, done) || waits) return;
    socket.once("drain", () => {
      if (this.#held === undefined) this.#handler.drain();
    });
  }

  #writeAll(pieces: readonly Buffer[], done?: (error?: Error | null) => void): void {
    const last = pieces.length - 1;
    if (last > 0) this.#socket.cork();
    for (let at = 0; at <= last; at++) this.#write(pieces[at]!, at === last ? done : undefined);
    if (last > 0) this.#socket.uncork();
  }

  /** The first time they are written, behind what is on its way; what comes after waits until they have left. */
  #hold(pieces: readonly Buffer[]): void {
    if (this.#held === undefined) this.#writeAndHold(pieces);
    else for (const piece of pieces) this.#held.add(piece);
  }

  #writeAndHold(pieces: readonly Buffer[]): void {
    this.#held = new Pieces();
    this.#writeAll(pieces, (error) => this.#release(error));
  }

  #release(error: Error | null | undefined): void {
    const held = this.#held;
    if (held === undefined || error) return;
    if (held.size > 0) return this.#writeAndHold(held.end());
    this.#held = undefined;
    this.#handler.drain();
  }

  /** Nothing may wait any more: the end comes behind it. */
  #flushHeld(): void {
    this.flush();
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && held.size > 0) this.#writeAll(held.end());
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
