import assert from "node:assert/strict";
import type { Reply, RequestLike } from "../../src/platform.ts";
import type { MemoryHost } from "./host.ts";
import { type Asking, type Chunk, MemoryRequest } from "./request.ts";
import { type Frame, MemoryWebSocket, type WebSocketManners } from "./web-socket.ts";

/** What answers requests: an engine, or a server. */
export interface Service {
  readonly host: MemoryHost;
  handle(request: RequestLike): Promise<Reply | undefined>;
}

/** The first packet of a session, without its type. */
export interface OpenPacket {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** A request on its way, and the reply once there is one. */
export class Exchange {
  readonly request: MemoryRequest;
  /** Settles with the reply. Most tests rather look at `status` and `body` after `host.settle()`. */
  readonly done: Promise<Reply>;
  reply: Reply | undefined;

  constructor(service: Service, request: MemoryRequest) {
    this.request = request;
    this.done = service.handle(request).then((reply) => (this.reply = reply ?? { status: 404, headers: {} }));
  }

  get isAnswered(): boolean {
    return this.reply !== undefined;
  }

  get status(): number {
    return this.#answered.status;
  }

  get headers(): Reply["headers"] {
    return this.#answered.headers;
  }

  /** The body as text. */
  get body(): string {
    const { body = "" } = this.#answered;
    return typeof body === "string" ? body : new TextDecoder().decode(body);
  }

  /** The error that the body tells of. */
  get error(): unknown {
    return JSON.parse(this.body);
  }

  get #answered(): Reply {
    assert.ok(this.reply, `${this.request.method} ${this.request.url} is not answered yet`);
    return this.reply;
  }
}

/** Sends one request. */
export function ask(service: Service, url: string, asking?: Asking): Exchange {
  return new Exchange(service, new MemoryRequest(url, asking));
}

/** The URL of a request of Engine.IO, revision 4. */
export function engineUrl(query: Record<string, string>): string {
  return `/socket.io/?${new URLSearchParams({ EIO: "4", ...query }).toString()}`;
}

/** A session over polling, seen from its client. */
export class PollingClient {
  readonly open: OpenPacket;
  readonly #service: Service;
  #stamp = 0;

  constructor(service: Service, open: OpenPacket) {
    this.#service = service;
    this.open = open;
  }

  get sid(): string {
    return this.open.sid;
  }

  /** Any request in the session's name. */
  ask(asking: Asking = {}, query: Record<string, string> = {}): Exchange {
    return ask(this.#service, engineUrl({ transport: "polling", sid: this.sid, ...query }), asking);
  }

  /** Sends a GET, which the server may hold. */
  poll(asking?: Asking): Exchange {
    return this.ask({ ...asking, method: "GET" });
  }

  /** Sends a POST; without `body`, its body comes through `request.push` and `request.end`. */
  post(body?: Chunk | readonly Chunk[], asking?: Asking): Exchange {
    this.#stamp += 1;
    return this.ask({ ...asking, method: "POST", ...(body === undefined ? {} : { body }) }, { t: `t${this.#stamp}` });
  }

  /** Polls once and gives back the packets; a GET that is held fails the test. */
  async receive(): Promise<string[]> {
    const poll = this.poll();
    await this.#service.host.settle();
    assert.equal(poll.status, 200);
    return poll.body.split("\x1e");
  }

  /** Posts packets and sees them taken. */
  async send(...packets: readonly string[]): Promise<void> {
    const post = this.post(packets.join("\x1e"));
    await this.#service.host.settle();
    assert.equal(post.status, 200);
    assert.equal(post.body, "ok");
  }

  /** Opens a WebSocket that may take over, and says nothing on it yet. */
  async probe(manners?: WebSocketManners): Promise<MemoryWebSocket> {
    return openWebSocket(this.#service, { sid: this.sid }, {}, manners);
  }

  /** Goes over to a WebSocket. */
  async upgrade(): Promise<MemoryWebSocket> {
    const ws = await this.probe();
    ws.send("2probe");
    assert.deepEqual(ws.take(), ["3probe"]);
    ws.send("5");
    await this.#service.host.settle();
    return ws;
  }
}

/** Makes a session over polling. */
export async function connectPolling(service: Service, asking?: Asking): Promise<PollingClient> {
  const handshake = ask(service, engineUrl({ transport: "polling" }), asking);
  await service.host.settle();
  assert.equal(handshake.status, 200);
  return new PollingClient(service, readOpen(handshake.body.split("\x1e")[0]));
}

/** Makes a session over WebSocket, and takes its open packet. */
export async function connectWebSocket(
  service: Service,
  asking?: Asking,
  manners?: WebSocketManners,
): Promise<MemoryWebSocket & { readonly open: OpenPacket }> {
  const ws = await openWebSocket(service, {}, asking, manners);
  return Object.assign(ws, { open: readOpen(ws.frames.shift()) });
}

/** Sends the handshake of a WebSocket. */
export async function openWebSocket(
  service: Service,
  query: Record<string, string>,
  asking?: Asking,
  manners?: WebSocketManners,
): Promise<MemoryWebSocket> {
  const ws = new MemoryWebSocket(service.host, manners);
  const handshake = askUpgrade(service, ws, query, asking);
  await service.host.settle();
  assert.equal(handshake.status, 101, handshake.body);
  return ws;
}

/** Sends the handshake of a WebSocket that may be refused. */
export function askUpgrade(
  service: Service,
  ws: MemoryWebSocket,
  query: Record<string, string> = {},
  asking: Asking = {},
): Exchange {
  const headers = { connection: "Upgrade", upgrade: "websocket", ...asking.headers };
  const upgrade = ws.accept.bind(ws);
  return ask(service, engineUrl({ transport: "websocket", ...query }), { ...asking, headers, upgrade });
}

function readOpen(packet: Frame | undefined): OpenPacket {
  assert.ok(typeof packet === "string" && packet.startsWith("0"), `expected an open packet, got ${packet}`);
  return JSON.parse(packet.slice(1)) as OpenPacket;
}
