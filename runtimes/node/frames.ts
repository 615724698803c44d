/**
 * Frames of RFC 6455, section 5.2, as a server sends them: whole messages, neither masked nor compressed.
 *
 *     <0x80 | opcode> <length: 1 byte, or 126 and 2, or 127 and 8> <payload>
 */

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x88;
const PONG = 0x8a;

/** Bytes up to which copying a payload costs less than writing it as a piece of its own. */
const COPY_LIMIT = 32_768;

/** The pieces that make up one message on the wire: one, unless a long payload is better not copied. */
export function encodeFrame(data: string | Uint8Array): readonly Buffer[] {
  if (typeof data === "string") return [encodeText(data)];
  const { length } = data;
  const payload = Buffer.from(data.buffer, data.byteOffset, length);
  if (length > COPY_LIMIT) {
    const head = Buffer.allocUnsafe(headLength(length));
    writeHead(head, BINARY, length);
    return [head, payload];
  }
  const start = headLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHead(frame, BINARY, length);
  payload.copy(frame, start);
  return [frame];
}

/** The pieces that make up several messages, as few as is good. */
export function encodeFrames(messages: readonly (string | Uint8Array)[]): readonly Buffer[] {
  if (messages.length === 1) return encodeFrame(messages[0]!);
  const pieces = messages.flatMap(encodeFrame);
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return size > COPY_LIMIT ? pieces : [Buffer.concat(pieces, size)];
}

/** A close frame; one without a code has no payload. */
export function encodeClose(code: number | undefined, reason = ""): Buffer {
  if (code === undefined) return encodeControl(CLOSE, Buffer.alloc(0));
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code);
  payload.write(reason, 2);
  return encodeControl(CLOSE, payload);
}

export function encodePong(payload: Uint8Array): Buffer {
  return encodeControl(PONG, payload);
}

function encodeControl(firstByte: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(firstByte, payload.length), payload]);
}

function encodeText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = headLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHead(frame, TEXT, length);
  frame.write(text, start, length, length === text.length ? "latin1" : "utf8");
  return frame;
}

function headLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHead(frame: Buffer, firstByte: number, length: number): void {
  frame[0] = firstByte;
  if (length < 126) frame[1] = length;
  else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}
