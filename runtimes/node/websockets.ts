import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { WebSocket, WebSocketServer } from "ws";
import type { Reply, WebSocketHandler } from "../../src/index.ts";
import type { Attachable, AttachOptions } from "./attach.ts";
import { Closing } from "./closing.ts";
import { Outbox } from "./outbox.ts";
import { acceptHandshake, refuseHandshake } from "./own-handshake.ts";
import { OwnWebSocket, type WebSocketLimits } from "./own-websocket.ts";
import { NodeRequest, refuseUpgrade } from "./request.ts";
import { Corks, NodeWebSocket, listen } from "./websocket.ts";
import { checkWebSocketServer } from "./ws-engine.ts";

/** A handshake that the core has let in. */
interface Handshake {
  readonly raw: IncomingMessage;
  readonly socket: NetSocket;
  /** What the client has sent since. */
  readonly received: Buffer;
  readonly handler: WebSocketHandler;
  /** Headers of the answer. */
  readonly headers: readonly (readonly [string, unknown])[];
}

/** Makes a connection a WebSocket, or refuses to. */
interface Speaker {
  answer(handshake: Handshake): Reply;
}

/** WebSocket handshakes: the core decides about them, and a speaker answers. */
export class WebSockets {
  readonly #io: Attachable;
  readonly #speaker: Speaker;
  readonly #closing = new Closing();

  constructor(io: Attachable, { wsEngine }: AttachOptions) {
    const { perMessageDeflate } = io.engine.opts;
    this.#io = io;
    this.#speaker = wsEngine === undefined && !perMessageDeflate ? new OwnSpeaker(io, this.#closing) : new WsSpeaker(io, this.#closing, wsEngine);
  }

  async accept(raw: IncomingMessage, socket: NetSocket, received: Buffer): Promise<void> {
    socket.on("error", ignore);
    if (answersAnother(raw, socket)) return void socket.destroy();
    const request = new NodeRequest(raw, undefined, (handler, more) => {
      const headers = Object.entries({ ...request.takeHeaders(), ...more });
      return this.#speaker.answer({ raw, socket, received, handler, headers });
    });
    const reply = (await this.#io.handle(request)) ?? { status: 404, headers: {} };
    if (reply.status === 101) return;
    // A middleware may have answered by itself.
    if (reply.native === undefined) refuseUpgrade(socket, reply);
    this.#closing.add(socket);
  }

  /** Drops the connections that are ended here and not by their clients. */
  cut(): void {
    this.#closing.cut();
  }
}

/** For nobody: the client has left. */
const gone: Reply = { status: 400, headers: {} };

/**
 * Whether a response to another request is open, as when requests are pipelined: its text would come in the middle of frames.
 *
 * Node tells by this member alone, except that `assignSocket` throws, for which a response would have to be made each time.
 */
export function answersAnother(raw: IncomingMessage, socket: NetSocket & { readonly _httpMessage?: ServerResponse | null }): boolean {
  const response = socket._httpMessage ?? undefined;
  return response !== undefined && response.req !== raw;
}

/** The end of the connection is told by its event `close`. */
function ignore(): void {}

/** Speaks WebSocket itself, which costs less time and memory; it knows no compression. */
class OwnSpeaker implements Speaker {
  readonly #limits: WebSocketLimits;
  readonly #outbox: Outbox;
  readonly #closing: Closing;

  constructor({ engine: { opts, host } }: Attachable, closing: Closing) {
    this.#closing = closing;
    this.#outbox = new Outbox((task) => host.endOfTurn(task));
    const { maxFragments, maxPendingPongs } = opts.limits;
    this.#limits = { maxPayload: opts.maxHttpBufferSize, maxFragments, maxPendingPongs };
  }

  answer({ raw, socket, received, handler, headers }: Handshake): Reply {
    const refusal = refuseHandshake(raw);
    if (refusal !== undefined) return refusal;
    // The app has taken its time, and nobody would tell of the end any more.
    if (socket.destroyed || socket.readableEnded) return gone;
    const accepted = acceptHandshake(raw, headers);
    socket.setTimeout(0);
    socket.setNoDelay(true);
    new OwnWebSocket(socket, handler, this.#limits, this.#outbox, this.#closing).start(accepted, received);
    return { status: 101, headers: {}, native: socket };
  }
}

/** Lets `ws` speak, or a class of its shape. */
class WsSpeaker implements Speaker {
  readonly #io: Attachable;
  readonly #closing: Closing;
  readonly #corks = new Corks((task) => process.nextTick(task));
  readonly #server: WebSocketServer;
  /** Headers of the handshake that is being answered right now. */
  #headers: readonly (readonly [string, unknown])[] = [];

  constructor(io: Attachable, closing: Closing, wsEngine: AttachOptions["wsEngine"]) {
    this.#closing = closing;
    const Server = checkWebSocketServer(wsEngine);
    const { maxHttpBufferSize, perMessageDeflate, limits } = io.engine.opts;
    this.#io = io;
    this.#server = new Server({
      noServer: true,
      clientTracking: false,
      autoPong: false,
      maxPayload: maxHttpBufferSize,
      maxFragments: limits.maxFragments,
      perMessageDeflate: perMessageDeflate as boolean,
    });
    this.#server.on("headers", (lines) => {
      for (const [name, value] of this.#headers) for (const one of [value].flat()) lines.push(`${name}: ${String(one)}`);
    });
  }

  answer({ raw, socket, received, handler, headers }: Handshake): Reply {
    this.#headers = headers;
    this.#server.handleUpgrade(raw, socket, received, (ws) => this.#open(ws, socket, handler));
    return { status: 101, headers: {}, native: socket };
  }

  #open(ws: WebSocket, socket: NetSocket, handler: WebSocketHandler): void {
    const { limits, deflateThreshold } = this.#io.engine.opts;
    listen(ws, socket, handler, limits);
    handler.open(new NodeWebSocket(ws, socket, this.#corks, this.#closing, deflateThreshold));
  }
}
