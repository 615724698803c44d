/** Engine.IO and Socket.IO clients with nothing between a test and the wire. */
import assert from "node:assert/strict";
import { type HttpReply, type Incoming, Opcode, RawWebSocket, type RequestParts, Wire, within } from "./wire.ts";

/** Opens a TCP connection to the server under test. */
export type Dial = () => Promise<Wire>;

export type Query = Readonly<Record<string, string>>;

/** What every WebSocket handshake says. The key is the protocol's own example. */
export const upgradeHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
} as const;

export function target(query: Query, path = "/socket.io/"): string {
  return `${path}?${new URLSearchParams(query)}`;
}

/** A session, whatever carries it. */
export abstract class Client {
  abstract readonly sid: string;
  #echoes = 0;

  /** Sends one Engine.IO packet; bytes are a binary message. */
  abstract send(packet: string | Uint8Array): Promise<void>;

  /** The next Engine.IO packet that is no ping. */
  abstract packet(): Promise<string | Buffer>;

  /** Joins a namespace and returns the socket's id. */
  async join(namespace = "/"): Promise<string> {
    const prefix = prefixOf(namespace);
    await this.send(`40${prefix}`);
    const answer = await this.packet();
    assert(typeof answer === "string" && answer.startsWith(`40${prefix}{"sid":"`), `no CONNECT: ${answer}`);
    return (JSON.parse(answer.slice(2 + prefix.length)) as { sid: string }).sid;
  }

  /** Shows that the session works both ways, and that nothing else was waiting to be read. */
  async echo(namespace = "/"): Promise<void> {
    const packet = `42${prefixOf(namespace)}["echo",${++this.#echoes}`;
    await this.send(`${packet}]`);
    const echo = String(await this.packet());
    // With recovery, an offset follows.
    assert.equal(echo.replace(/,"[\w.-]+"\]$/, "]"), `${packet}]`);
  }
}

function prefixOf(namespace: string): string {
  return namespace === "/" ? "" : `${namespace},`;
}

/** A session over HTTP requests, each on a connection of its own. */
export class PollingClient extends Client {
  readonly sid: string;
  /** The handshake's answer. */
  readonly handshake: HttpReply;
  readonly #dial: Dial;
  readonly #path: string;
  #requests = 0;
  #inbox: string[] = [];

  private constructor(dial: Dial, path: string, handshake: HttpReply) {
    super();
    assert.equal(handshake.status, 200, `handshake refused: ${handshake.body}`);
    this.#dial = dial;
    this.#path = path;
    this.handshake = handshake;
    this.sid = (JSON.parse(handshake.body.slice(1)) as { sid: string }).sid;
  }

  static async open(dial: Dial, path = "/socket.io/", parts: RequestParts = {}): Promise<PollingClient> {
    const wire = await dial();
    const handshake = await wire.request("GET", target({ EIO: "4", transport: "polling" }, path), parts).reply();
    wire.destroy();
    return new PollingClient(dial, path, handshake);
  }

  /** Writes a request of this session and leaves the reply to be read. */
  async start(method: string, query: Query = {}, parts: RequestParts = {}): Promise<Wire> {
    return (await this.#dial()).request(method, this.target(query), parts);
  }

  async request(method: string, query: Query = {}, parts: RequestParts = {}): Promise<HttpReply> {
    const wire = await this.start(method, query, parts);
    const reply = await wire.reply(method);
    wire.destroy();
    return reply;
  }

  get(query: Query = {}): Promise<HttpReply> {
    return this.request("GET", query);
  }

  post(body: string | Uint8Array, query: Query = {}): Promise<HttpReply> {
    return this.request("POST", query, { body });
  }

  /** Opens a WebSocket that wants to take over this session. */
  async probe(query: Query = {}): Promise<WebSocketClient> {
    const client = await WebSocketClient.upgrade(this.#dial, this.target({ transport: "websocket", ...query }));
    client.sid = this.sid;
    return client;
  }

  /** Opens such a WebSocket and has its probe answered. */
  async startUpgrade(): Promise<WebSocketClient> {
    const client = await this.probe();
    await client.send("2probe");
    assert.equal(await client.packet(), "3probe");
    return client;
  }

  /** Moves this session to a WebSocket. */
  async upgrade(): Promise<WebSocketClient> {
    const client = await this.startUpgrade();
    await client.send("5");
    return client;
  }

  target(query: Query = {}): string {
    return target({ EIO: "4", transport: "polling", t: `t${++this.#requests}`, sid: this.sid, ...query }, this.#path);
  }

  override async send(packet: string | Uint8Array): Promise<void> {
    const reply = await this.post(typeof packet === "string" ? packet : `b${Buffer.from(packet).toString("base64")}`);
    assert.deepEqual([reply.status, reply.body], [200, "ok"]);
  }

  override async packet(): Promise<string> {
    while (this.#inbox.length === 0) {
      const packets = (await this.get()).body.split("\x1e");
      for (const packet of packets) {
        if (packet === "2") await this.send("3");
        else this.#inbox.push(packet);
      }
    }
    return this.#inbox.shift()!;
  }
}

/** How a WebSocket came to its end: the server's close frame, or the end of the connection without one. */
export type Closing = { readonly code: number | "none"; readonly reason: string } | "dropped";

/** A session over a WebSocket, or a WebSocket that wants to take over a session. */
export class WebSocketClient extends Client {
  /** The session's id; empty when the server did not open one here. */
  sid = "";
  readonly raw: RawWebSocket;
  /** Whether the server's pings are answered. */
  answersPings = true;
  #inbox: (Incoming | "dropped")[] = [];
  #wake: () => void = () => {};

  constructor(wire: Wire) {
    super();
    this.raw = new RawWebSocket(wire);
    void this.#receive();
  }

  /** A session of its own. */
  static async open(dial: Dial, path = "/socket.io/", headers: Query = {}): Promise<WebSocketClient> {
    const client = await WebSocketClient.upgrade(dial, target({ EIO: "4", transport: "websocket" }, path), headers);
    const open = await client.packet();
    assert(typeof open === "string" && open.startsWith("0{"), `no open packet: ${open}`);
    client.sid = (JSON.parse(open.slice(1)) as { sid: string }).sid;
    return client;
  }

  /** Any WebSocket that the server accepts. */
  static async upgrade(dial: Dial, url: string, headers: Query = {}): Promise<WebSocketClient> {
    const wire = (await dial()).request("GET", url, { headers: { ...upgradeHeaders, ...headers } });
    const reply = await wire.reply();
    assert.equal(reply.status, 101, `WebSocket refused: ${reply.body}`);
    return new WebSocketClient(wire);
  }

  override async send(packet: string | Uint8Array): Promise<void> {
    this.raw.send(packet);
  }

  override async packet(): Promise<string | Buffer> {
    const incoming = await this.incoming();
    assert(incoming !== "dropped", "the server ended the connection");
    if (incoming.kind === "text") return incoming.text;
    assert(incoming.kind === "binary", `expected a message, got ${JSON.stringify(incoming)}`);
    return incoming.bytes;
  }

  /** The next frame of any kind. */
  incoming(): Promise<Incoming | "dropped"> {
    return within(this.#next(), "no WebSocket frame came");
  }

  /** Reads on until the server closes. */
  async closing(): Promise<Closing> {
    for (;;) {
      const incoming = await this.incoming();
      if (incoming === "dropped") return "dropped";
      if (incoming.kind === "close") return { code: incoming.code, reason: incoming.reason };
    }
  }

  async #next(): Promise<Incoming | "dropped"> {
    while (this.#inbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#inbox.shift()!;
  }

  /** Reads all the time, since pings must be answered while the test does something else. */
  async #receive(): Promise<void> {
    for (;;) {
      const incoming = await this.raw.next().catch(() => "dropped" as const);
      if (incoming !== "dropped" && incoming.kind === "text" && incoming.text === "2" && this.answersPings) {
        this.raw.send("3");
        continue;
      }
      // A noop says nothing. A sleeping server answers pongs with it.
      if (incoming !== "dropped" && incoming.kind === "text" && incoming.text === "6") continue;
      this.#inbox.push(incoming);
      this.#wake();
      if (incoming === "dropped") return;
      if (incoming.kind !== "close") continue;
      // The other half of the closing handshake; the server may have ended the connection already.
      this.raw.frame({ opcode: Opcode.close });
      this.raw.wire.end();
    }
  }
}
