/**
 * The seam between the core and a runtime.
 *
 * The core is passive: it owns no timer, no socket and no global. A runtime feeds it (request, frame, close, tick) and
 * offers it the few things below. Nothing here knows a protocol.
 */

/** What the core needs from the world outside. One per server. */
export interface Host {
  /** Milliseconds on a clock that never goes back. Its zero is arbitrary. */
  now(): number;
  /** Milliseconds since the Unix epoch: for what people read or what is stored, never for a deadline. */
  wallClock(): number;
  /** `length` bytes from a cryptographic source. */
  random(length: number): Uint8Array;
  /**
   * Asks for one call of `tick` at `time` (of `now()`) or soon after, in place of what was asked for before.
   *
   * When `maySleep`, everything that waits for it is in the snapshots too: the process may go and come back until then.
   */
  wakeAt(time: number, tick: (now: number) => void, maySleep: boolean): void;
  /** Whether this process goes when it is idle, and comes back from snapshots, perhaps none: `restore` is called at each start. @default false */
  readonly sleeps?: boolean;
  /** Runs `task` in a later macrotask, after the platform has had a turn of input. */
  defer(task: () => void): void;
  /** Runs `task` once, before control returns to the platform. */
  endOfTurn(task: () => void): void;
  /** Gives received bytes the type that users of this runtime expect (`Buffer` on Node and Bun). No copy. */
  bytes(data: Uint8Array): Uint8Array;
  /** Gives bytes the type that packages made for Node expect, where they run. No copy. @default `bytes` */
  nodeBytes?(data: Uint8Array): Uint8Array;
  /** Whether its WebSockets may have a `hub`. @default false */
  readonly hasTopics?: boolean;
  /** A writer for one debug scope, or `undefined` where that scope is switched off. */
  log(scope: string): LogWriter | undefined;
  /** Tells the app's author of a setting that does not do what it seems to. */
  warn(message: string): void;
  /** Reports a fault of the app's own code that nobody listens for. */
  reportError(message: string, error: unknown): void;
}

/** Writes one line; `%s`, `%d`, `%j` and `%o` in `format` stand for the arguments. */
export type LogWriter = (format: string, ...args: unknown[]) => void;

/** Request headers, read by lower-case name. `Headers` of the Web has this shape. */
export interface HeadersLike {
  get(name: string): string | null;
  forEach(visit: (value: string, name: string) => void): void;
}

/** Why a body could not be read. */
export type BodyFailure = "too-large" | "aborted";

/** An HTTP request as the core reads it: cheap to make from any platform's own. */
export interface RequestLike {
  readonly method: string;
  /** Path and query, or an absolute URL. */
  readonly url: string;
  readonly headers: HeadersLike;
  /** The platform's own request; what users get as `socket.request`. */
  readonly raw: unknown;
  /** Address of the socket's peer, or `""` where the platform does not tell. */
  readonly remoteAddress: string;
  /** Whether the request came over TLS. */
  readonly secure: boolean;
  /** Reads the whole body, and stops reading as soon as it is longer than `limit` bytes. */
  readBody(limit: number): Promise<Uint8Array | BodyFailure>;
  /** Gives up on a body that is still being read: the pending `readBody` resolves to `"aborted"`. */
  cancelBody(): void;
  /** Calls `listener` when the client leaves before it got the reply; at once where it has left already. At most one listener. */
  onAbort(listener: () => void): void;
  /** Present on a WebSocket handshake: turns the request into a WebSocket. */
  readonly upgrade?: Upgrade | undefined;
}

/**
 * Answers the handshake with 101 and reports to `handler` from then on.
 *
 * Returns the reply that the runtime's HTTP side must see.
 */
export type Upgrade = (handler: WebSocketHandler, headers: ReplyHeaders) => Reply;

/** Reply headers by lower-case name; several `set-cookie` are an array. */
export type ReplyHeaders = Record<string, string | string[]>;

/** An HTTP reply, as a value. */
export interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body?: string | Uint8Array | undefined;
  /** Whether the body may be compressed. @default true */
  readonly compress?: boolean;
  /** A reply that the platform itself must see (after an upgrade, or made by the app); the rest is then ignored. */
  readonly native?: unknown;
}

/** The runtime's end of an open WebSocket. */
export interface WebSocketLike {
  /** Queues one message; a string as text, bytes as binary. Never throws once closed. */
  send(data: string | Uint8Array, compress: boolean): void;
  /** Queues the frames of one message that many sockets get; optional, faster than `send` where prebuilt frames exist. */
  sendBatch?(batch: SharedFrames): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Drops the connection at once. */
  terminate(): void;
  /** Bytes handed over and not yet sent, or 0 where the platform does not tell. */
  readonly bufferedAmount: number;
  /** When (of `Host.now()`) the platform itself last took a pong, where it does so without waking us. */
  readonly lastPong?: number | undefined;
  /** One for all that a topic can reach together; absent where the platform has no topics. */
  readonly hub?: TopicHub | undefined;
  /** Where there is a `hub`; a WebSocket that has ended is in no topic. */
  subscribe?(topic: string): void;
  unsubscribe?(topic: string): void;
}

/** The platform's own way from one message to many WebSockets: all that have subscribed to a topic. */
export interface TopicHub {
  /** The name of a topic that nobody uses yet. */
  createTopic(): string;
  /** Sends to the subscribers, save `except`; in order with what each of them is sent by itself. */
  publish(topic: string, batch: SharedFrames, except?: WebSocketLike): void;
}

/** Frames of one message, encoded once for all who get it. */
export interface SharedFrames {
  readonly frames: readonly (string | Uint8Array)[];
  readonly compress: boolean;
  /** Room for the runtime's own form of the frames, made by the first socket that sends them. */
  prebuilt?: unknown;
}

/** What the core gives the runtime for one WebSocket. */
export interface WebSocketHandler {
  /** Once, before anything else. */
  open(ws: WebSocketLike): void;
  message(data: string | Uint8Array): void;
  /** Buffered bytes have been sent. */
  drain(): void;
  /** Once, after everything else. `error` tells a fault from an ordinary end. */
  close(code: number, reason: string, error?: Error): void;
}
