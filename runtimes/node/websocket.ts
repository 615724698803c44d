import type { Duplex } from "node:stream";
import type { Socket as NetSocket } from "node:net";
import type { WebSocket } from "ws";
import { type Limits, TransportError, type WebSocketHandler, type WebSocketLike } from "../../src/index.ts";
import { isLonger } from "../../src/runtime.ts";
import type { Closing } from "./closing.ts";

/** Holds back what one turn writes, so that each connection is written to once. */
export class Corks {
  readonly #endOfTurn: (task: () => void) => void;
  #corked: Duplex[] = [];

  constructor(endOfTurn: (task: () => void) => void) {
    this.#endOfTurn = endOfTurn;
  }

  add(socket: Duplex): void {
    socket.cork();
    if (this.#corked.push(socket) > 1) return;
    this.#endOfTurn(() => {
      const corked = this.#corked;
      this.#corked = [];
      for (const each of corked) each.uncork();
    });
  }
}

/** The end of a WebSocket that `ws` speaks. */
export class NodeWebSocket implements WebSocketLike {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #corks: Corks;
  readonly #closing: Closing;
  readonly #deflateThreshold: number;

  constructor(ws: WebSocket, socket: Duplex, corks: Corks, closing: Closing, deflateThreshold: number) {
    this.#deflateThreshold = deflateThreshold;
    this.#ws = ws;
    this.#socket = socket;
    this.#corks = corks;
    this.#closing = closing;
  }

  get bufferedAmount(): number {
    return this.#ws.bufferedAmount;
  }

  send(data: string | Uint8Array, compress: boolean): void {
    if (this.#socket.writableCorked === 0) this.#corks.add(this.#socket);
    // By itself `ws` looks at the length only where each message is compressed for itself.
    this.#ws.send(data, { compress: compress && isLonger(data, this.#deflateThreshold - 1) });
  }

  close(code?: number, reason?: string): void {
    this.#ws.close(code, reason);
    this.#closing.add(this.#socket);
  }

  terminate(): void {
    this.#ws.terminate();
  }
}

/** The limits that `ws` enforces, by the codes of its errors. */
const limitsByFault = new Map<string | undefined, string>([
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", "maxHttpBufferSize"],
  ["WS_ERR_TOO_MANY_BUFFERED_PARTS", "maxFragments"],
]);

/** Reports what `ws` says to `handler`, within the limits that `ws` itself does not have. */
export function listen(ws: WebSocket, socket: NetSocket, handler: WebSocketHandler, limits: Limits): void {
  let error: Error | undefined;
  let ended = false;
  let received = 0;
  let pendingPongs = 0;
  const end = (code: number, reason: string): void => {
    if (!ended) handler.close(code, reason, error);
    ended = true;
  };
  ws.on("message", (data: Buffer, isBinary: boolean) => {
    received += data.length;
    // Over the connection's life, since `ws` does not tell how much one message took on the wire.
    if (received <= limits.maxInflateRatio * socket.bytesRead) return handler.message(isBinary ? data : data.toString());
    error = new TransportError("Compressed too well: see the option limits.maxInflateRatio", "PAYLOAD_TOO_LARGE", "maxInflateRatio");
    ws.close(1009);
    end(1009, "");
  });
  ws.on("ping", (data) => {
    pendingPongs += 1;
    if (pendingPongs <= limits.maxPendingPongs) return ws.pong(data, false, () => (pendingPongs -= 1));
    error = new TransportError("Too many pings: see the option limits.maxPendingPongs", undefined, "maxPendingPongs");
    ws.terminate();
  });
  ws.on("error", (fault: Error & { code?: string }) => {
    const limit = limitsByFault.get(fault.code);
    error = limit === undefined ? fault : new TransportError(fault.message, limit === "maxFragments" ? undefined : "PAYLOAD_TOO_LARGE", limit);
  });
  ws.on("close", (code, reason) => end(code, reason.toString()));
  socket.on("drain", () => handler.drain());
}
