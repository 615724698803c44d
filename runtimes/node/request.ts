import { type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders, STATUS_CODES, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Reply, RequestLike, Upgrade } from "../../src/index.ts";
import { type HeadersLike, isOfSession } from "../../src/runtime.ts";
import { KeptRequest, addQuery } from "./kept-request.ts";

/** Milliseconds for which the rest of a refused body is read and dropped. */
const LINGER = 1000;

/** A request of Node's, as the core reads it; and the way to answer it. */
export class NodeRequest implements RequestLike {
  /** Gone once it was called. */
  upgrade: Upgrade | undefined;
  readonly secure: boolean;
  /** Of a handshake it is read at once: the socket forgets it when it ends. */
  readonly #address: string | undefined;
  /** Replaced by a copy once it is answered, unless somebody has seen it. */
  #raw: IncomingMessage | undefined;
  #kept: KeptRequest | undefined = undefined;
  #shown = false;
  #response: ServerResponse | undefined;
  #finishBody: ((result: "aborted") => void) | undefined = undefined;
  #abort: (() => void) | undefined = undefined;

  constructor(raw: IncomingMessage, response?: ServerResponse, upgrade?: Upgrade) {
    this.#raw = raw;
    this.upgrade = upgrade;
    this.#response = response;
    const socket = raw.socket as Partial<TLSSocket>;
    this.secure = socket.encrypted === true;
    // Later requests are many.
    if (!isOfSession(raw.url ?? "")) this.#address = socket.remoteAddress ?? "";
  }

  /** The same for everyone who asks, from the first time on. */
  get raw(): IncomingMessage {
    const raw = (this.#raw = this.#message);
    if (!this.#shown) addQuery(raw);
    this.#shown = true;
    return raw;
  }

  get #message(): IncomingMessage {
    return this.#raw ?? this.#kept!.restore();
  }

  get headers(): HeadersLike {
    return new NodeHeaders(this.#message);
  }

  /** Takes the reply; on a WebSocket handshake, only what engine middlewares do with it. */
  get response(): ServerResponse {
    return (this.#response ??= lastResponse(this.#message));
  }

  /** What middlewares set on the answer to a WebSocket handshake, which is given now. */
  takeHeaders(): OutgoingHttpHeaders | undefined {
    const response = this.#response;
    const { socket } = this.#message;
    response?.detachSocket(socket);
    if (this.#abort !== undefined) socket.off("close", this.#abort);
    this.#abort = this.upgrade = undefined;
    this.#settle();
    return response?.getHeaders();
  }

  /** Once it is answered, a session holds it as long as it lives: as little of it as there can be. */
  #settle(): void {
    this.#response = undefined;
    const raw = this.#raw;
    if (this.#shown || raw === undefined || !KeptRequest.canReplace(raw)) return;
    this.#kept = new KeptRequest(raw);
    this.#raw = undefined;
  }

  get remoteAddress(): string {
    return this.#address ?? this.#message.socket.remoteAddress ?? "";
  }

  get method(): string {
    return this.#message.method ?? "GET";
  }

  get url(): string {
    return this.#message.url ?? "/";
  }

  readBody(limit: number): Promise<Uint8Array | "too-large" | "aborted"> {
    const raw = this.#message;
    if (raw.destroyed) return Promise.resolve("aborted");
    return new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let size = 0;
      // Listeners stay where they are: what comes later changes nothing, and the request goes soon.
      const finish = (result: Uint8Array | "too-large" | "aborted"): void => {
        this.#finishBody = undefined;
        resolve(result);
      };
      const take = (chunk: Buffer): void => {
        size += chunk.length;
        if (size <= limit) return void chunks.push(chunk);
        chunks.length = 0;
        finish("too-large");
      };
      const end = (): void => finish(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      const abort = (): void => finish("aborted");
      this.#finishBody = finish;
      raw.on("data", take).on("end", end).on("close", abort).on("error", abort);
    });
  }

  cancelBody(): void {
    this.#finishBody?.("aborted");
  }

  onAbort(listener: () => void): void {
    if (this.upgrade !== undefined) return this.#onSocketAbort(listener);
    const { response } = this;
    const { socket } = this.#message;
    if (response.destroyed || socket.destroyed) return listener();
    // One that is pipelined behind another has no connection yet, and is told nothing of its end.
    if (response.socket === null) {
      // They are as many as the client likes.
      socket.setMaxListeners(0).once("close", listener);
      response.once("socket", () => socket.off("close", listener));
    }
    response.on("close", () => {
      // What was still to be written goes with the connection, and then the response counts as finished.
      if (hasFailed(socket) || !isAnswered(response)) listener();
    });
  }

  #onSocketAbort(listener: () => void): void {
    const { socket } = this.#message;
    if (socket.destroyed) return listener();
    this.#abort = listener;
    socket.once("close", listener);
  }

  /** Answers over HTTP. A body that was not read to its end costs the connection. */
  answer(reply: Reply): void {
    const raw = this.#message;
    const { response } = this;
    if (reply.native !== undefined || response.headersSent) return;
    const body = reply.body ?? "";
    // Names and values in turn, which is the form that Node need not take apart.
    const lines: OutgoingHttpHeader[] = [];
    for (const name in reply.headers) lines.push(name, reply.headers[name]!);
    if (reply.status !== 304 && reply.status !== 204) lines.push("content-length", Buffer.byteLength(body));
    const unread = !raw.complete && raw.httpVersionMajor < 2;
    if (unread) lines.push("connection", "close");
    response.writeHead(reply.status, lines);
    if (unread) this.#endUnread(body);
    else response.end(body);
    if (this.#address !== undefined) this.#settle();
  }

  /** A client that is still writing would see an error instead of the answer if the connection ended at once. */
  #endUnread(body: string | Uint8Array): void {
    const raw = this.#message;
    const { response } = this;
    response.write(body);
    response.flushHeaders();
    const end = (): void => {
      clearTimeout(timer);
      response.end();
    };
    const timer = setTimeout(end, LINGER);
    raw.once("end", end).once("close", end).resume();
  }
}

/** The response to a WebSocket handshake. Where a middleware ends it, the connection ends too: nobody reads from it any more. */
function lastResponse(raw: IncomingMessage): ServerResponse {
  const response = new ServerResponse(raw);
  const { socket } = raw;
  response.assignSocket(socket);
  response.shouldKeepAlive = false;
  response.once("finish", () => socket.end());
  return response;
}

/** Sockets of HTTP/2 show themselves only in part. */
function hasFailed({ errored }: Partial<NetSocket>): boolean {
  return errored !== undefined && errored !== null;
}

/** Of HTTP/2, a response that is aborted counts as finished too, though nobody has ended it (Node 20 and 24). */
function isAnswered({ writableEnded, writableFinished }: Partial<ServerResponse>): boolean {
  return writableEnded === true && writableFinished !== false;
}

/** Answers a WebSocket handshake that is refused, and ends the connection. */
export function refuseUpgrade(socket: NetSocket, reply: Reply): void {
  if (reply.native !== undefined) return;
  const body = Buffer.from(reply.body ?? "");
  const headers = { connection: "close", ...reply.headers, "content-length": String(body.length) };
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}`));
  socket.end(Buffer.concat([
    Buffer.from(`HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? ""}\r\n${lines.join("\r\n")}\r\n\r\n`),
    body,
  ]));
}

/** Node keeps header names in lower case; values are arrays for `set-cookie` alone. */
class NodeHeaders implements HeadersLike {
  readonly #raw: IncomingMessage;

  constructor(raw: IncomingMessage) {
    this.#raw = raw;
  }

  get(name: string): string | null {
    const value = this.#raw.headers[name] ?? (name === "host" ? this.#raw.headers[":authority"] : undefined);
    return value === undefined ? null : String(value);
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (const [name, value] of Object.entries(this.#raw.headers)) if (value !== undefined) visit(String(value), name);
  }
}
