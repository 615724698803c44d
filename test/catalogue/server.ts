/** The server under test, what it told the app, and an innocent client that must not notice any of it. */
import assert from "node:assert/strict";
import type { Server as HttpServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { type Client, type Dial, PollingClient, type Query, WebSocketClient } from "./client.ts";
import { listen } from "./platforms/node.ts";
import type { Io, Listening, Options } from "./platforms/platform.ts";
import { type HttpReply, type RequestParts, Wire, within } from "./wire.ts";

export { isOracle } from "./platforms/node.ts";
export type { Options } from "./platforms/platform.ts";
export type Socket = import("../../runtimes/node.ts").Socket;

/** Faults that escaped from the library; any one fails the test that is running (G11). */
const escaped: unknown[] = [];
process.on("uncaughtException", escape);
process.on("unhandledRejection", escape);

/** On workerd (1.2026) a closed socket of `node:net` rejects once more, and so does a body that is cancelled or cut, whoever awaits it. */
const platformsOwn = /node-internal:internal_net|^Error: Stream was cancelled|^Error: Network connection lost/;

function escape(error: unknown): void {
  if (!(error instanceof Error && platformsOwn.test(error.stack ?? ""))) escaped.push(error);
}

/** No ping comes in between unless a row asks for it: where all sessions are pinged at the same moments, the first may be due at once. */
const TWENTY_DAYS = 20 * 86_400_000;

/** What the app can be told, by kind. */
interface Told {
  open: object;
  close: Ending;
  connection: InNamespace;
  event: InNamespace & { readonly args: readonly unknown[] };
  error: { readonly message: string };
  disconnecting: InNamespace & Ending;
  disconnect: InNamespace & Ending;
  /** The engine's `connection_error`. */
  refused: { readonly code: number; readonly message: string; readonly context: unknown };
  /** `handler_error`: a throw or rejection of the app's own code. */
  fault: { readonly error: unknown; readonly context: unknown };
  limit: { readonly name: string };
}

interface InNamespace {
  readonly nsp: string;
}

interface Ending {
  readonly reason: string;
  readonly description: unknown;
}

type Kind = keyof Told;

/** One thing that the app was told. `sid` is the session's; empty where there is none. */
export type Entry<K extends Kind = Kind> = { [Each in K]: { readonly kind: Each; readonly sid: string } & Told[Each] }[K];

export class TestServer {
  readonly io: Io;
  /** Everything that happened, in order. */
  readonly entries: Entry[] = [];
  readonly #wires: Wire[] = [];
  readonly #listening: Listening;
  readonly #path: string;
  #innocent: WebSocketClient | undefined;
  #waiting: (() => void)[] = [];

  private constructor(listening: Listening, options: Options) {
    this.#listening = listening;
    this.io = listening.io;
    const path = (options.path ?? "/socket.io").replace(/\/$/, "");
    this.#path = options.addTrailingSlash === false ? path : `${path}/`;
    this.#watch();
  }

  static async start(options: Options): Promise<TestServer> {
    const server = new TestServer(await listen({ serveClient: false, pingInterval: TWENTY_DAYS, ...options }), options);
    server.#innocent = await server.websocket({ [INNOCENT]: "yes" });
    await server.#innocent.join();
    return server;
  }

  /** Node's HTTP server, where there is one. */
  get http(): HttpServer {
    return this.#listening.http ?? assert.fail("there is no HTTP server of Node's");
  }

  readonly dial: Dial = async () => {
    const wire = await Wire.open(this.#listening.port);
    this.#wires.push(wire);
    return wire;
  };

  /** One request on a connection of its own. */
  async request(method: string, url: string, parts: RequestParts = {}): Promise<HttpReply> {
    const wire = (await this.dial()).request(method, url, parts);
    const reply = await wire.reply(method);
    wire.destroy();
    return reply;
  }

  /** Does `send`, which writes a request, and waits until the server has that request's head. */
  async arrival<T>(send: () => T): Promise<Awaited<T>> {
    const arrived = this.#listening.arrival();
    const result = await send();
    await within(arrived, "the server got no request");
    await turn();
    return result;
  }

  /** A polling session that has joined nothing. */
  polling(parts: RequestParts = {}): Promise<PollingClient> {
    return PollingClient.open(this.dial, this.#path, parts);
  }

  /** A WebSocket session that has joined nothing. */
  websocket(headers: Query = {}): Promise<WebSocketClient> {
    return WebSocketClient.open(this.dial, this.#path, headers);
  }

  /** A polling session in the namespace `/`. */
  async joinedPolling(): Promise<PollingClient> {
    const client = await this.polling();
    await client.join();
    return client;
  }

  /** A WebSocket session in the namespace `/`. */
  async joinedWebSocket(): Promise<WebSocketClient> {
    const client = await this.websocket();
    await client.join();
    return client;
  }

  /** The app's end of a client that has joined `namespace`. */
  socketOf(client: Client, namespace = "/"): Socket {
    for (const socket of this.io.of(namespace).sockets.values()) {
      if ((socket.conn as unknown as { id: string }).id === client.sid) return socket;
    }
    assert.fail(`the client has not joined ${namespace}`);
  }

  /** All entries of a kind so far; of one client, when it is given. */
  all<K extends Kind>(kind: K, client?: Pick<Client, "sid">): Entry<K>[] {
    const found = this.entries.filter(({ kind: each, sid }) => each === kind && (!client || sid === client.sid));
    return found as Entry<K>[];
  }

  /** The first entry of a kind, also one that is already there. */
  first<K extends Kind>(kind: K, client?: Pick<Client, "sid">): Promise<Entry<K>> {
    return this.nth(1, kind, client);
  }

  /** The `count`-th entry of a kind, as soon as there is one. */
  nth<K extends Kind>(count: number, kind: K, client?: Pick<Client, "sid">): Promise<Entry<K>> {
    const search = async (): Promise<Entry<K>> => {
      for (;;) {
        const found = this.all(kind, client)[count - 1];
        if (found) return found;
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    };
    return within(search(), () => `no ${kind}, only ${JSON.stringify(this.entries.slice(3).map(summary)).slice(0, 1_000)}`);
  }

  /** Shows that the process and the innocent client came to no harm. */
  async unharmed(): Promise<void> {
    await this.#innocent!.echo();
    const faults = escaped.splice(0).map((fault) => (fault instanceof Error ? fault.stack : fault));
    assert.equal(faults.length, 0, `faults escaped from the library: ${faults.join("; ")}`);
  }

  async stop(): Promise<void> {
    for (const wire of this.#wires) wire.destroy();
    await within(this.#listening.stop(), "the server does not close");
  }

  #add(entry: Entry): void {
    this.entries.push(entry);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #watch(): void {
    this.#watchEngine();
    this.io.on("connection", (socket) => this.#watchSocket(socket));
    this.io.on("new_namespace", (namespace) => {
      namespace.on("connection", (socket) => this.#watchSocket(socket));
    });
  }

  #watchEngine(): void {
    this.io.engine.on("connection", (conn: Conn) => {
      const sid = conn.id;
      this.#add({ kind: "open", sid });
      conn.on("close", (reason, description) => this.#add({ kind: "close", sid, reason, description }));
    });
    this.io.engine.on("connection_error", ({ code, message, context }: Told["refused"]) => {
      this.#add({ kind: "refused", sid: "", code, message, context });
    });
    const { diagnostics } = this.io as { diagnostics?: Diagnostics };
    diagnostics?.on("handler_error", (error, context) => this.#add({ kind: "fault", sid: "", error, context }));
    diagnostics?.on("limit", (name) => this.#add({ kind: "limit", sid: "", name }));
  }

  #watchSocket(socket: Socket): void {
    const sid = (socket.conn as unknown as Conn).id;
    const nsp = socket.nsp.name;
    this.#add({ kind: "connection", sid, nsp });
    socket.onAny((...args: unknown[]) => this.#add({ kind: "event", sid, nsp, args: args.map(asBuffer) }));
    socket.on("error", (error) => this.#add({ kind: "error", sid, message: error?.message }));
    socket.on("disconnecting", (reason, description) => {
      this.#add({ kind: "disconnecting", sid, nsp, reason, description });
    });
    socket.on("disconnect", (reason, description) => {
      this.#add({ kind: "disconnect", sid, nsp, reason, description });
    });
    socket.on("echo", (value: unknown, acknowledge?: (value: unknown) => void) => {
      if (acknowledge) acknowledge(value);
      else socket.emit("echo", value);
    });
  }
}

/** What the tests read of an engine connection. */
interface Conn {
  readonly id: string;
  on(event: "close", listener: (reason: string, description: unknown) => void): void;
}

interface Diagnostics {
  on(event: "handler_error", listener: (error: unknown, context: unknown) => void): void;
  on(event: "limit", listener: (name: string) => void): void;
}

type AllowRequest = NonNullable<Options["allowRequest"]>;

/** The header that marks the innocent client's handshake. */
const INNOCENT = "x-innocent";

/** Lets the innocent client in and leaves all others to `decide`. */
export function exceptInnocent(decide: AllowRequest): AllowRequest {
  return (request, callback) => {
    const { headers } = request as unknown as { headers: Headers | Readonly<Record<string, unknown>> };
    // Node's, or a web standard's.
    const mark = headers instanceof Headers ? headers.get(INNOCENT) : headers[INNOCENT];
    if ((mark ?? undefined) === undefined) decide(request, callback);
    else callback(null, true);
  };
}

/** Attachments are the runtime's own kind of bytes. */
function asBuffer(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

function summary(entry: Entry): unknown {
  return "args" in entry ? [entry.kind, ...entry.args] : { ...entry, sid: undefined };
}
