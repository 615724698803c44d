/** A WebSocket that can do wrong: stop reading, send half a frame, or break at any byte. */
import { connect } from "node:net";

const END_OF_HEAD = "\r\n\r\n";
const PONG = 0x8a;

/** One frame with a mask of zeros, so that the payload stays as it is. */
export function frame(payload, first = typeof payload === "string" ? 0x81 : 0x82) {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(bytes.length < 126 ? 6 : bytes.length < 65_536 ? 8 : 14);
  head[0] = first;
  if (head.length === 6) head[1] = 0x80 | bytes.length;
  else if (head.length === 8) head.writeUInt16BE(bytes.length, 2);
  else head.writeBigUInt64BE(BigInt(bytes.length), 6);
  if (head.length > 6) head[1] = head.length === 8 ? 0xfe : 0xff;
  return Buffer.concat([head, bytes]);
}

/** What a client says first. */
export function handshake(port, query, extensions = "") {
  return (
    `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n${extensions}` +
    `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${END_OF_HEAD}`
  );
}

export class RawWebSocket {
  /** Called with each text. */
  onText = () => {};
  /** Called once, when the connection has ended for whatever reason. */
  onEnd = () => {};
  /** Resolves to whether the server agreed to speak WebSocket. */
  opened;
  #opened;
  #socket;
  #rest = Buffer.alloc(0);
  #left;

  /** `breaksAfter` is the number of bytes after which it breaks by itself. */
  constructor(port, query = "", { breaksAfter = Infinity, extensions = "" } = {}) {
    this.#left = breaksAfter;
    this.opened = new Promise((resolve) => (this.#opened = resolve));
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {}).on("data", this.#readHead).on("close", () => {
      this.#opened(false);
      this.onEnd();
    });
    this.write(handshake(port, query, extensions));
  }

  get isOpen() {
    return !this.#socket.destroyed && this.#left > 0;
  }

  /** Bytes that the network has not taken. */
  get waiting() {
    return this.#socket.writableLength;
  }

  send(payload) {
    this.write(frame(payload));
  }

  write(data) {
    const bytes = Buffer.from(data);
    if (this.#left <= 0) return;
    this.#left -= bytes.length;
    if (this.#left > 0) this.#socket.write(bytes);
    else this.#socket.write(bytes.subarray(0, bytes.length + this.#left), () => this.drop());
  }

  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  drop() {
    this.#left = 0;
    this.#socket.resetAndDestroy();
  }

  #readHead = (chunk) => {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const isAgreed = this.#rest.subarray(0, 12).toString() === "HTTP/1.1 101";
    const behind = this.#rest.subarray(end + END_OF_HEAD.length);
    this.#rest = Buffer.alloc(0);
    this.#socket.off("data", this.#readHead);
    if (!isAgreed) return this.drop();
    this.#socket.on("data", (bytes) => this.#readFrames(bytes));
    this.#opened(true);
    if (behind.length > 0) this.#readFrames(behind);
  };

  #readFrames(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = endOfFrame(bytes, at); end !== -1; end = endOfFrame(bytes, at)) {
      this.#take(bytes[at] & 0x0f, bytes.subarray(at + headLength(bytes[at + 1]), end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }

  #take(opcode, payload) {
    if (opcode === 1) this.onText(payload.toString());
    else if (opcode === 8) this.#socket.end(frame(payload, 0x88));
    else if (opcode === 9) this.write(frame(payload, PONG));
  }
}

function headLength(length) {
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

/** Index behind the frame that begins at `at`, or -1 where it is not all there. */
function endOfFrame(bytes, at) {
  if (bytes.length < at + 2) return -1;
  const start = at + headLength(bytes[at + 1]);
  if (bytes.length < start) return -1;
  const short = bytes[at + 1];
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return bytes.length < start + length ? -1 : start + length;
}
