/** The server, the proxy and the clients of one test; all are gone when the test has finished. */
import { setImmediate as turn } from "node:timers/promises";
import type { Server, ServerOptions, Socket } from "socket.io";
import type { ManagerOptions, Socket as Client, SocketOptions } from "socket.io-client";
import { onTestFinished } from "vitest";
import type { Host, Running } from "./host.ts";
import { type ClientLibrary, type Refusal, refusal } from "./library.ts";
import { Proxy } from "./proxy.ts";

export type Transport = "polling" | "websocket";

export type ClientOptions = Partial<ManagerOptions & SocketOptions>;

export class Arena {
  readonly host: Host;
  readonly library: ClientLibrary;
  readonly transports: readonly Transport[];

  constructor(host: Host, library: ClientLibrary, transports: readonly Transport[]) {
    this.host = host;
    this.library = library;
    this.transports = transports;
  }

  get upgrades(): boolean {
    return this.transports.length > 1;
  }

  /** The transport that a connection ends up with. */
  get lastTransport(): Transport {
    return this.transports.at(-1)!;
  }

  async start(setup: (io: Server) => void, options?: Partial<ServerOptions>, port?: number): Promise<Running> {
    const running = await this.host.start(setup, { allowEIO3: this.library.engineProtocol === 3, ...options }, port);
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= running.stop());
    onTestFinished(stop);
    return { ...running, stop };
  }

  async proxy(url: string): Promise<Proxy> {
    const proxy = await Proxy.before(url);
    onTestFinished(() => proxy.close());
    return proxy;
  }

  /** A client of its own connection; `url` ends with the namespace. */
  client(url: string, options: ClientOptions = {}): Client {
    const client = this.library.io(url, {
      transports: [...this.transports],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    onTestFinished(() => {
      client.io.reconnection(false);
      client.disconnect();
      client.io.engine.close();
    });
    return client;
  }

  /** What the server says to a client that it does not let in. */
  refusal(client: Client): Promise<Refusal> {
    return refusal(client, this.library);
  }

  /** The same of a refusal that released `socket.io` words in its own way for old clients. */
  async reason(client: Client): Promise<string | undefined> {
    const { message, data } = await this.refusal(client);
    return message ?? (data as Refusal).message;
  }

  /** A client and the server's socket for it, once both are connected and any upgrade is over. */
  async pair({ url, io }: Running, options: ClientOptions & { namespace?: string } = {}): Promise<Pair> {
    const namespace = options.namespace ?? "/";
    const arrived = next<[Socket]>(io.of(namespace), "connection");
    const client = this.client(url + namespace, options);
    const upgraded = this.upgrades ? next(client.io.engine, "upgrade") : undefined;
    const [[socket]] = await Promise.all([arrived, next(client, "connect"), upgraded]);
    if (this.upgrades && socket.conn.transport.name !== "websocket") await next(socket.conn, "upgrade");
    return { client, socket };
  }
}

/** Settles when nothing is on the way any more: on polling, a GET of the client waits at the server. */
export async function calm({ client, socket }: Pair): Promise<void> {
  const asked = next<[() => void]>(socket, "calm?");
  const answered = new Promise<void>((resolve) => client.emit("calm?", resolve));
  (await asked)[0]();
  await answered;
  // The client's next GET left before this event does.
  const heard = next(socket, "calm!");
  client.emit("calm!");
  await heard;
  while (!client.io.engine.transport.writable) await turn();
}

export interface Pair {
  readonly client: Client;
  readonly socket: Socket;
}

interface Emitting {
  once(event: never, listener: (...args: unknown[]) => void): unknown;
}

/** The arguments of the next `event`. */
export function next<Args extends unknown[] = unknown[]>(emitter: Emitting, event: string): Promise<Args> {
  return new Promise((resolve) => emitter.once(event as never, (...args: unknown[]) => resolve(args as Args)));
}
