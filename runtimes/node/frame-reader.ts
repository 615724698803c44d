/**
 * Reads what a client sends over a WebSocket without extensions, RFC 6455, section 5:
 *
 *     <FIN, RSV1-3, opcode> <0x80 | length: 7 bits, or 126 and 2 bytes, or 127 and 8> <mask: 4 bytes> <payload>
 */
import { isUtf8 } from "node:buffer";
import { unmask } from "./unmask.ts";

/** What becomes of what a client sends. */
export interface FrameSink {
  message(data: string | Buffer): void;
  ping(data: Buffer): void;
  /** The client's close frame, which is the last that is read; 1005 stands for one without a code. */
  closing(code: number, reason: string): void;
  /** The client broke the protocol or a limit: nothing more is read. `code` is for the close frame that says so. */
  invalid(code: number, message: string): void;
}

export interface FrameLimits {
  /** Bytes of one message. */
  readonly maxPayload: number;
  readonly maxFragments: number;
}

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const MASK_LENGTH = 4;
const MAX_CONTROL_PAYLOAD = 125;
const NO_STATUS = 1005;

/** A message of which some fragments are still to come. */
interface Unfinished {
  readonly opcode: number;
  readonly fragments: Buffer[];
  size: number;
}

/** Takes bytes as they come and gives whole messages. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #limits: FrameLimits;
  /** The beginning of a frame that is not all there; it grows by doubling, never beyond what came and the frame takes. */
  #store: Buffer | undefined = undefined;
  #filled = 0;
  /** Bytes of that frame, as far as is known. */
  #needed = 0;
  #unfinished: Unfinished | undefined = undefined;
  #state: "reading" | "done" = "reading";
  /** Where the payload of the frame at hand begins and ends. */
  #start = 0;
  #end = 0;

  constructor(sink: FrameSink, limits: FrameLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Reads the next bytes, which then belong to the reader. */
  read(chunk: Buffer): void {
    if (this.#state === "done") return;
    const bytes = this.#store === undefined ? chunk : this.#append(this.#store, chunk);
    if (bytes === undefined) return;
    let at = 0;
    while (this.#isWhole(bytes, at)) {
      this.#readFrame(bytes, bytes[at]!);
      at = this.#end;
    }
    if (at < bytes.length && this.#state === "reading") this.#keep(bytes.subarray(at));
  }

  #keep(rest: Buffer): void {
    this.#store = Buffer.allocUnsafe(Math.max(rest.length, Math.min(this.#needed, 2 * rest.length)));
    this.#filled = rest.copy(this.#store);
  }

  /** The bytes so far, once there are as many as the frame needs. */
  #append(store: Buffer, chunk: Buffer): Buffer | undefined {
    const size = this.#filled + chunk.length;
    let target = store;
    if (size > store.length) {
      target = Buffer.allocUnsafe(Math.max(size, Math.min(this.#needed, 2 * size)));
      store.copy(target, 0, 0, this.#filled);
    }
    chunk.copy(target, this.#filled);
    this.#filled = size;
    this.#store = size < this.#needed ? target : undefined;
    return size < this.#needed ? undefined : target.subarray(0, size);
  }

  /** Whether the frame at `at` is all there. What is wrong with its head is told before its payload is waited for. */
  #isWhole(bytes: Buffer, at: number): boolean {
    if (this.#state === "done") return false;
    const available = bytes.length - at;
    if (available < 2) return this.#need(2);
    const short = bytes[at + 1]! & 0x7f;
    if (!this.#isAllowed(bytes[at]!, bytes[at + 1]!, short)) return false;
    const maskAt = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (available < maskAt + MASK_LENGTH) return this.#need(maskAt + MASK_LENGTH);
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : longLength(bytes, at + 2);
    if (length + (this.#unfinished?.size ?? 0) > this.#limits.maxPayload && isData(bytes[at]! & 0x0f)) {
      return this.#fail(1009, "Max payload size exceeded");
    }
    if (available < maskAt + MASK_LENGTH + length) return this.#need(maskAt + MASK_LENGTH + length);
    this.#start = at + maskAt + MASK_LENGTH;
    this.#end = this.#start + length;
    return true;
  }

  #isAllowed(first: number, second: number, short: number): boolean {
    const opcode = first & 0x0f;
    if ((first & RESERVED) !== 0) return this.#fail(1002, "RSV bits must be clear");
    if ((second & MASKED) === 0) return this.#fail(1002, "MASK must be set");
    if (opcode >= CLOSE) {
      if (opcode > PONG) return this.#fail(1002, `invalid opcode ${opcode}`);
      if ((first & FIN) === 0) return this.#fail(1002, "a control frame must not be fragmented");
      return short <= MAX_CONTROL_PAYLOAD || this.#fail(1002, "the payload of a control frame is too long");
    }
    const expected = this.#unfinished === undefined ? opcode === TEXT || opcode === BINARY : opcode === CONTINUATION;
    return expected || this.#fail(1002, `invalid opcode ${opcode}`);
  }

  #readFrame(bytes: Buffer, first: number): void {
    const start = this.#start;
    const end = this.#end;
    const seen = unmask(bytes, start, end);
    const opcode = first & 0x0f;
    if (opcode >= CLOSE) this.#readControl(opcode, bytes.subarray(start, end));
    else if ((first & FIN) === 0 || opcode === CONTINUATION) this.#readFragment(first, bytes.subarray(start, end));
    else if (opcode === BINARY) this.#sink.message(bytes.subarray(start, end));
    else if (seen < 0x80) this.#sink.message(bytes.toString("latin1", start, end));
    else this.#readText(bytes.subarray(start, end));
  }

  #readText(bytes: Buffer): void {
    if (isUtf8(bytes)) this.#sink.message(bytes.toString());
    else this.#fail(1007, "invalid UTF-8");
  }

  #readFragment(first: number, payload: Buffer): void {
    const unfinished = (this.#unfinished ??= { opcode: first & 0x0f, fragments: [], size: 0 });
    // A copy: a fragment of one byte must not hold all the bytes that came with it.
    unfinished.fragments.push(Buffer.from(payload));
    unfinished.size += payload.length;
    if (unfinished.fragments.length > this.#limits.maxFragments) return void this.#fail(1008, "Too many message fragments");
    if ((first & FIN) === 0) return;
    this.#unfinished = undefined;
    const whole = Buffer.concat(unfinished.fragments, unfinished.size);
    if (unfinished.opcode === BINARY) this.#sink.message(whole);
    else this.#readText(whole);
  }

  #readControl(opcode: number, payload: Buffer): void {
    if (opcode === PING) this.#sink.ping(payload);
    else if (opcode === CLOSE) this.#readClose(payload);
  }

  #readClose(payload: Buffer): void {
    const code = payload.length === 0 ? NO_STATUS : payload.length === 1 ? 0 : payload.readUInt16BE(0);
    if (payload.length > 0 && !isCloseCode(code)) return void this.#fail(1002, `invalid close code ${code}`);
    const reason = payload.subarray(2);
    if (!isUtf8(reason)) return void this.#fail(1007, "invalid UTF-8");
    this.#finish();
    this.#sink.closing(code, reason.toString());
  }

  #need(bytes: number): false {
    this.#needed = bytes;
    return false;
  }

  #fail(code: number, message: string): false {
    this.#finish();
    this.#sink.invalid(code, `Invalid WebSocket frame: ${message}`);
    return false;
  }

  #finish(): void {
    this.#state = "done";
    this.#unfinished = undefined;
  }
}

function isData(opcode: number): boolean {
  return opcode < CLOSE;
}

/** What does not fit a number exactly is longer than any limit. */
function longLength(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

/** Codes that may stand in a close frame: RFC 6455, section 7.4, and the IANA registry. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
}
