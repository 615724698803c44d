/** Clients that cost little: frames are written ready-made, and only looked at as far as they must be to count them. */
import { Agent, request } from "node:http";
import { connect } from "node:net";

const TEXT = 0x81;
const BINARY = 0x82;
const END_OF_HEAD = "\r\n\r\n";

/** One frame with a mask of zeros, so that the payload stays as it is. */
export function frame(payload) {
  const bytes = Buffer.from(payload);
  const type = typeof payload === "string" ? TEXT : BINARY;
  const mask = [0, 0, 0, 0];
  const head = bytes.length < 126 ? [type, 0x80 | bytes.length] : [type, 0x80 | 126, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([...head, ...mask]), bytes]);
}

/** A Socket.IO client over WebSocket. */
export class Client {
  /** Called with each whole frame: its first byte on the wire, and the text or bytes behind its head. */
  onFrame = () => {};
  /** Resolves once the handshake is answered: servers may lose what comes before. */
  opened;
  #opened;
  #socket;
  #rest = Buffer.alloc(0);

  constructor(port, query = "") {
    this.opened = new Promise((resolve) => (this.#opened = resolve));
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("error", () => {});
    this.#socket.write(
      `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${END_OF_HEAD}`,
    );
    this.#socket.on("data", this.#readHead);
  }

  /** A client that has joined the main namespace. */
  static async open(port) {
    const client = new Client(port);
    await client.opened;
    client.write(frame("40"));
    await client.next((text) => text.startsWith("40"));
    return client;
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** Resolves once a text arrives that `isWanted` likes; nobody else hears of frames until then. */
  next(isWanted) {
    return new Promise((resolve) => {
      this.onFrame = (type, payload) => {
        if (type === TEXT && isWanted(payload.toString())) resolve();
      };
    });
  }

  close() {
    this.#socket.resetAndDestroy();
  }

  #readHead = (chunk) => {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const end = this.#rest.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const behind = this.#rest.subarray(end + END_OF_HEAD.length);
    this.#rest = Buffer.alloc(0);
    this.#socket.off("data", this.#readHead).on("data", (bytes) => this.#readFrames(bytes));
    this.#opened();
    if (behind.length > 0) this.#readFrames(behind);
  };

  #readFrames(chunk) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = endOfFrame(bytes, at);
      if (end === -1) break;
      this.onFrame(bytes[at], bytes.subarray(at + headLength(bytes[at + 1]), end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}

function headLength(length) {
  if (length < 126) return 2;
  return length === 126 ? 4 : 10;
}

/** Index behind the frame that begins at `at`, or -1 where it is not all there. */
function endOfFrame(bytes, at) {
  if (bytes.length < at + 2) return -1;
  const short = bytes[at + 1];
  const start = at + headLength(short);
  if (bytes.length < start) return -1;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  return bytes.length < start + length ? -1 : start + length;
}

/** Keeps connections open, as browsers do. */
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** A Socket.IO client over long-polling. */
export class PollingClient {
  #port;
  #sid = "";

  constructor(port) {
    this.#port = port;
  }

  /** A client that has joined the main namespace. */
  static async open(port) {
    const client = new PollingClient(port);
    const opened = await client.poll();
    client.#sid = `&sid=${JSON.parse(opened.slice(1)).sid}`;
    await client.post("40");
    await client.poll();
    return client;
  }

  get query() {
    return this.#sid;
  }

  poll() {
    return this.#request("GET");
  }

  post(body) {
    return this.#request("POST", body);
  }

  #request(method, body) {
    return new Promise((resolve, reject) => {
      const path = `/socket.io/?EIO=4&transport=polling${this.#sid}`;
      const headers = body === undefined ? {} : { "content-type": "text/plain;charset=UTF-8", "content-length": body.length };
      const sent = request({ agent, host: "127.0.0.1", port: this.#port, method, path, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk)).on("end", () => resolve(text));
      });
      sent.on("error", reject).end(body);
    });
  }
}
