/**
 * HTTP/1.1 and WebSocket over a bare TCP connection, so that malformed things can be sent.
 * What arrives is queued: a reader never misses bytes that came before it asked.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { constants, inflateRawSync } from "node:zlib";

/** How long a reader waits before it reports that nothing came: far beyond any timeout that the tests set. */
export const patience = { milliseconds: 10_000 };

/** An HTTP reply. Header names are in lower case; a repeated header's values are joined by a comma. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  readonly body: string;
}

/** A request's parts. A body gets its Content-Length unless the headers state how it is framed. */
export interface RequestParts {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One TCP connection to the server under test. */
export class Wire {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wakeReaders();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wakeReaders();
    };
    socket.on("end", end).on("close", end);
    // A reset connection reads as an ended one.
    socket.on("error", () => {});
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Wire(socket)));
    });
  }

  write(data: string | Uint8Array): this {
    this.#socket.write(data);
    return this;
  }

  /** Writes a request and does not wait for the reply. */
  request(method: string, target: string, { headers = {}, body }: RequestParts = {}): this {
    const fields: Record<string, string> = { host: "127.0.0.1", ...headers };
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    if (bytes && !("content-length" in fields) && !("transfer-encoding" in fields)) {
      fields["content-length"] = String(bytes.length);
    }
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    this.write(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return bytes ? this.write(bytes) : this;
  }

  /** The next reply. `method` is the request's: a reply to HEAD has no body. */
  reply(method = "GET"): Promise<HttpReply> {
    return within(this.#reply(method), "no HTTP reply came");
  }

  /** The next `length` bytes, however long they take. */
  read(length: number): Promise<Buffer> {
    return this.#take((bytes) => (bytes.length >= length ? length : -1));
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<Buffer> {
    await this.ended();
    const bytes = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return bytes;
  }

  /** Resolves when the server has ended the connection, in whatever way. */
  ended(): Promise<void> {
    return within(this.#untilEnded(), "the server keeps the connection open");
  }

  /** Says that nothing more will be sent. */
  end(): void {
    this.#socket.end();
  }

  /** Ends the connection with a TCP reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Reads nothing more from the network, so that the server's writes pile up. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async #reply(method: string): Promise<HttpReply> {
    const head = (await this.#take((bytes) => endOf(bytes, "\r\n\r\n"))).toString("latin1");
    const [statusLine = "", ...lines] = head.trimEnd().split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
    assert(status, `no HTTP reply: ${JSON.stringify(head)}`);
    const headers: Record<string, string> = {};
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    const bodiless = method === "HEAD" || status < 200 || status === 204 || status === 304;
    const bytes = bodiless ? Buffer.alloc(0) : await this.#body(headers);
    return { status, headers, bytes, body: bytes.toString() };
  }

  async #untilEnded(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  async #body(headers: Readonly<Record<string, string>>): Promise<Buffer> {
    if (headers["transfer-encoding"] === "chunked") return this.#chunked();
    const length = headers["content-length"];
    return length === undefined ? this.rest() : this.read(Number(length));
  }

  async #chunked(): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (;;) {
      const line = await this.#take((bytes) => endOf(bytes, "\r\n"));
      const chunk = await this.read(parseInt(line.toString("latin1"), 16) + 2);
      if (chunk.length === 2) return Buffer.concat(parts);
      parts.push(chunk.subarray(0, -2));
    }
  }

  /** Waits until `measure` finds as many bytes as wanted (-1: not yet), and takes those. */
  async #take(measure: (bytes: Buffer) => number): Promise<Buffer> {
    for (;;) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [bytes];
      const length = measure(bytes);
      if (length !== -1) {
        this.#chunks = [bytes.subarray(length)];
        return bytes.subarray(0, length);
      }
      assert(!this.#ended, `the server ended the connection after ${JSON.stringify(bytes.toString("latin1"))}`);
      await this.#more();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wakeReaders(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Rejects when `promise` takes longer than any test should have to wait. */
export async function within<T>(promise: Promise<T>, failure: string | (() => string)): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(typeof failure === "string" ? failure : failure()));
    }, patience.milliseconds);
  });
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

function endOf(bytes: Buffer, mark: string): number {
  const at = bytes.indexOf(mark);
  return at === -1 ? -1 : at + mark.length;
}

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket frame as it should be sent, however wrong. */
export interface FrameParts {
  readonly opcode: number;
  readonly payload?: string | Uint8Array;
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits: 4 is RSV1, 2 is RSV2, 1 is RSV3. @default 0 */
  readonly reserved?: number;
  /** @default true */
  readonly masked?: boolean;
  /** The length to declare, when it is not the payload's. */
  readonly declared?: bigint;
}

/** Encodes one frame (RFC 6455, section 5.2). */
export function encodeFrame({ opcode, payload = "", fin = true, reserved = 0, masked = true, declared }: FrameParts): Buffer {
  const bytes = Buffer.from(payload as string);
  const length = declared ?? BigInt(bytes.length);
  const maskBit = masked ? 0x80 : 0;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const head =
    length < 126n ? Buffer.alloc(2, Number(length) | maskBit)
    : length < 65_536n ? Buffer.alloc(4, 126 | maskBit)
    : Buffer.alloc(10, 127 | maskBit);
  head[0] = first;
  if (head.length === 4) head.writeUInt16BE(Number(length), 2);
  if (head.length === 10) head.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([head, bytes]);
  const mask = randomBytes(4);
  for (let i = 0; i < bytes.length; i++) bytes[i]! ^= mask[i % 4]!;
  return Buffer.concat([head, mask, bytes]);
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string | Uint8Array = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason as string)]);
}

/** What the server said on a WebSocket. `"none"` is a close frame without a code. */
export type Incoming =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary" | "ping" | "pong"; readonly bytes: Buffer }
  | { readonly kind: "close"; readonly code: number | "none"; readonly reason: string };

/** The WebSocket protocol on a connection whose handshake is done. */
export class RawWebSocket {
  readonly wire: Wire;

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Sends one message. */
  send(data: string | Uint8Array): void {
    this.frame({ opcode: typeof data === "string" ? Opcode.text : Opcode.binary, payload: data });
  }

  frame(parts: FrameParts): void {
    this.wire.write(encodeFrame(parts));
  }

  close(code: number, reason: string | Uint8Array = ""): void {
    this.frame({ opcode: Opcode.close, payload: closePayload(code, reason) });
  }

  /** The next frame, however long it takes; rejects when the connection ends without one. */
  async next(): Promise<Incoming> {
    const head = await this.wire.read(2);
    const short = head[1]! & 0x7f;
    const long = short === 126 ? await this.wire.read(2) : short === 127 ? await this.wire.read(8) : undefined;
    const length = long ? Number(BigInt(`0x${long.toString("hex")}`)) : short;
    const payload = await this.wire.read(length);
    return readIncoming(head[0]! & 0x0f, head[0]! & COMPRESSED ? inflate(payload) : payload);
  }
}

/** RSV1, which permessage-deflate gives a meaning (RFC 7692). */
const COMPRESSED = 0x40;

function inflate(payload: Buffer): Buffer {
  const tail = Buffer.of(0, 0, 0xff, 0xff);
  return inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: constants.Z_SYNC_FLUSH });
}

function readIncoming(opcode: number, bytes: Buffer): Incoming {
  switch (opcode) {
    case Opcode.text:
      return { kind: "text", text: bytes.toString() };
    case Opcode.binary:
      return { kind: "binary", bytes };
    case Opcode.ping:
      return { kind: "ping", bytes };
    case Opcode.pong:
      return { kind: "pong", bytes };
    case Opcode.close:
      return { kind: "close", code: bytes.length >= 2 ? bytes.readUInt16BE() : "none", reason: bytes.subarray(2).toString() };
    default:
      assert.fail(`frame with opcode ${opcode}`);
  }
}
