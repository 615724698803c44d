/** What every section of the trace stands on: a printer, servers that are closed afterwards, clients. */
import { once } from "node:events";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Server, ServerOptions, Socket } from "socket.io";
import { type Answer, type Ask, ask } from "./http.ts";
import { Poller } from "./poller.ts";
import { show } from "./show.ts";
import { type Guest, WireClient } from "./wire-client.ts";

/** The module under trace: `socket.io`, or one with the same API. */
export type SocketIO = typeof import("socket.io");

/** Prints `label`, followed by `values` when there are any. */
export type Print = (label: string, ...values: unknown[]) => void;

export interface Section {
  readonly title: string;
  readonly run: (stage: Stage) => Promise<void>;
}

/** A part of the trace. The title starts with the id of the row that it shows. */
export function section(title: string, run: (stage: Stage) => Promise<void>): Section {
  return { title, run };
}

export interface JoinOptions {
  readonly namespace?: string;
  readonly auth?: object;
  /** Further query parameters of the handshake, such as `&room=1`. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
}

/** A server on a free port. */
export class Stand {
  readonly io: Server;
  readonly http: HttpServer;
  readonly port: number;
  readonly #stage: Stage;

  constructor(stage: Stage, io: Server, http: HttpServer) {
    this.#stage = stage;
    this.io = io;
    this.http = http;
    this.port = (http.address() as AddressInfo).port;
  }

  /** An HTTP request to this server. */
  ask(path: string, options?: Ask): Promise<Answer> {
    return ask(`http://127.0.0.1:${this.port}${path}`, options);
  }

  /** Opens a WebSocket session and stops after the engine's open packet. */
  async open(name: string, { query = "", headers }: JoinOptions = {}): Promise<WireClient> {
    const client = this.#stage.websocket(name, `${this.#base()}/socket.io/?EIO=4&transport=websocket${query}`, headers);
    const open = await client.read();
    client.sid = JSON.parse(String(open).slice(1)).sid;
    return client;
  }

  /** Opens a polling session. */
  async poll({ query = "", headers = {} }: JoinOptions = {}): Promise<Poller> {
    const { text } = await this.ask(`/socket.io/?EIO=4&transport=polling${query}`, { headers });
    return new Poller(this, JSON.parse(text.slice(1)).sid);
  }

  /** Opens a WebSocket session and joins a namespace, silently. The guest carries its server-side socket. */
  async join(name: string, options: JoinOptions = {}): Promise<Guest> {
    const client = (await this.open(name, options)) as Guest;
    await this.enter(client, options);
    return client;
  }

  /** Joins one more namespace, silently, and returns the server-side socket. */
  async enter(client: WireClient, { namespace = "/", auth }: JoinOptions = {}): Promise<Socket> {
    const prefix = namespace === "/" ? "" : `${namespace},`;
    client.write(`40${prefix}${auth ? JSON.stringify(auth) : ""}`);
    let reply = String(await client.read());
    // Where pings come quickly, one may come first.
    for (; reply === "2"; reply = String(await client.read())) client.write("3");
    const { sid } = JSON.parse(reply.slice(2 + prefix.length));
    const socket = this.io.of(namespace).sockets.get(sid);
    if (!socket) throw new Error(`${client.name} did not join ${namespace}: ${reply}`);
    this.#stage.name(socket, `${client.name}.socket`);
    (client as Guest).socket = socket;
    return socket;
  }

  #base(): string {
    return `ws://127.0.0.1:${this.port}`;
  }
}

export class Stage {
  readonly library: SocketIO;
  readonly lines: string[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #ids = new Map<string, string>();
  readonly #cleanups: (() => Promise<unknown>)[] = [];
  #open = true;

  constructor(library: SocketIO) {
    this.library = library;
  }

  readonly print: Print = (label, ...values) => {
    if (!this.#open) return;
    const shown = values.map((value) => show(value, this.#names)).join(", ");
    this.lines.push(this.#normalise(values.length > 0 ? `${label}: ${shown}` : label));
  };

  /** Prints what `action` returns, or that it throws; the error's text only on request. */
  attempt(label: string, action: () => unknown, message: "with message" | "" = ""): void {
    let result: unknown;
    try {
      result = action();
    } catch (error) {
      this.print(message ? `${label} throws ${(error as Error).message}` : `${label} throws`);
      return;
    }
    this.print(label, result);
  }

  /** A listener that prints its arguments. */
  printer(label: string): (...args: unknown[]) => void {
    return (...args) => this.print(label, ...args);
  }

  /** From now on `object` is shown as `name`. */
  name(object: unknown, name: string): void {
    this.#names.set(object, name);
  }

  /** A server attached to an HTTP server on a free port, whose own answer to any path is "app". */
  async serve(options: Partial<ServerOptions> = {}): Promise<Stand> {
    const http = await this.listen();
    const io = this.keep(new this.library.Server(http, options));
    this.name(io, "io");
    this.name(io.of("/"), "io.of(/)");
    return this.stand(io, http);
  }

  /** A server that the section has put together itself. */
  stand(io: Server, http: HttpServer): Stand {
    return new Stand(this, io, http);
  }

  /** An HTTP server on a free port. */
  async listen(): Promise<HttpServer> {
    const http = createServer((_request, response) => response.writeHead(404).end("app"));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    this.#cleanups.push(async () => {
      http.close();
      http.closeAllConnections();
    });
    return http;
  }

  websocket(name: string, url: string, headers?: Record<string, string>): WireClient {
    const client = new WireClient(name, url, this.print, headers);
    this.#cleanups.push(async () => client.drop());
    return client;
  }

  /** Closes `io` when the section ends. */
  keep(io: Server): Server {
    this.#cleanups.push(async () => io.close());
    return io;
  }

  /** Ends the printing and everything that was started; the latest first. */
  end(): void {
    this.#open = false;
    for (const cleanup of this.#cleanups.reverse()) void cleanup().catch(() => {});
  }

  /** Ids are random and ports are free ones: both become names in the order of their appearance. */
  #normalise(line: string): string {
    return line
      .replace(/127\.0\.0\.1:\d+/g, "<host>")
      .replace(/(?<![\w-])(?=[\w-]*[A-Z0-9])[\w-]{20}(?![\w-])/g, (id) => {
        const known = this.#ids.get(id) ?? `<id${this.#ids.size + 1}>`;
        this.#ids.set(id, known);
        return known;
      });
  }
}

interface Emitting {
  once(event: never, listener: (...args: unknown[]) => void): unknown;
}

/** The arguments of the next `event`. */
export function next(emitter: Emitting, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event as never, (...args) => resolve(args)));
}
