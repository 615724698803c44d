/**
 * The core with nothing but `fetch`: requests and WebSockets that never leave this process.
 *
 * The released client speaks to it as it does in a browser, through the global `fetch` and a `WebSocket` like a browser's.
 */
import { setImmediate as turn } from "node:timers/promises";
import { Fetch, WebSocket } from "socket.io-client";
import { Server } from "../../../runtimes/core.ts";
import type { WebSocketHandler, WebSocketLike } from "../../../src/index.ts";
import { Queue } from "../../interop/queue.ts";
import { optionsOf, setup } from "../app.ts";
import { type DialOptions, type Frame, type Held, type Host, Refused, type Transport, type Wire } from "../host.ts";

type Service = Pick<Server, "fetch">;

/** What answers, by the host of its URL. */
const servers = new Map<string, Service>();

export const memory: Host = {
  name: "memory",
  binary: "Uint8Array",
  lacks: {
    "owns a port": "There is no network, so there is no port.",
    "has a network": "There is no network to encrypt.",
    "serves the client": "The seam alone has no files.",
    sleeps: "The process keeps its memory as long as it runs.",
  },
  network: { polling: Fetch, websocket: memoryTransport(), fetch: memoryFetch, dial, holdUpgrades },
  async start(orders) {
    const io = new Server(optionsOf(orders));
    setup(io);
    return { url: addServer(io), stop: () => io.close() };
  },
};

/** Gives a server its place in the network. */
export function addServer(service: Service): string {
  const host = `server-${servers.size + 1}.memory`;
  servers.set(host, service);
  return `http://${host}`;
}

/** Puts the network in the place of the platform's. */
export function installMemoryNetwork(): void {
  globalThis.fetch = memoryFetch as typeof fetch;
}

/** The released client's transport, with sockets of ours. */
function memoryTransport(): Transport {
  const Base = WebSocket as unknown as new (...args: unknown[]) => object;
  return class extends Base {
    createSocket(url: string, _protocols: unknown, options: DialOptions): MemoryWebSocket {
      return new MemoryWebSocket(url, options);
    }
  } as unknown as Transport;
}

async function memoryFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(url, init);
  request.headers.set("host", new URL(url).host);
  const response = await serverOf(url).fetch(request, { remoteAddress: "127.0.0.1" });
  // No network answers in the same turn.
  await turn();
  const { status, headers, body } = response;
  if (headers.get("content-encoding") === null) return response;
  return new Response(body!.pipeThrough(new DecompressionStream("gzip")), { status, headers });
}

function serverOf(url: string): Service {
  const server = servers.get(new URL(url).host);
  if (!server) throw new TypeError(`Nobody is at ${url}`);
  return server;
}

/** Another host of the network, with the same server behind it. */
async function holdUpgrades(url: string): Promise<Held> {
  const server = serverOf(url);
  let release!: () => void;
  const released = new Promise<void>((resolve) => (release = resolve));
  const fetch: Service["fetch"] = async (request, info) => {
    if (request.headers.has("upgrade")) await released;
    return server.fetch(request, info);
  };
  return { url: addServer({ fetch }), release, end: () => {} };
}

/** Opens a pipe through the server's `fetch`. */
async function open(url: string, { headers = {}, protocols = [] }: DialOptions): Promise<{ pipe: Pipe; headers: Headers }> {
  const request = new Request(url.replace(/^ws/, "http"), {
    headers: {
      ...headers,
      host: new URL(url).host,
      connection: "Upgrade",
      upgrade: "websocket",
      ...(protocols.length > 0 ? { "sec-websocket-protocol": protocols.join(", ") } : {}),
    },
  });
  const pipe = new Pipe();
  const accepted = new Headers();
  const response = await serverOf(url).fetch(request, {
    remoteAddress: "127.0.0.1",
    upgrade(handler, replyHeaders) {
      for (const [name, values] of Object.entries(replyHeaders)) for (const value of [values].flat()) accepted.append(name, value);
      if (protocols.length > 0) accepted.set("sec-websocket-protocol", protocols[0]!);
      pipe.attach(handler);
      return { status: 101, headers: {}, native: SWITCHED };
    },
  });
  if (response !== SWITCHED) throw new Refused(response.status, await response.text());
  return { pipe, headers: accepted };
}

/** Stands for the 101 that a `Response` cannot be. */
const SWITCHED = new Response();

interface End {
  readonly code: number;
  readonly reason: string;
}

/** Both ends of a WebSocket. What one end sends, the other gets in a later turn. */
class Pipe {
  onFrame: (frame: Frame) => void = () => {};
  readonly closed: Promise<End>;
  #handler: WebSocketHandler | undefined;
  #settle!: (end: End) => void;
  #paused = false;
  #bufferedAmount = 0;
  #ended = false;

  constructor() {
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  attach(handler: WebSocketHandler): void {
    this.#handler = handler;
    handler.open(this.#serverEnd());
  }

  send(frame: Frame): void {
    setImmediate(() => this.#ended || this.#handler!.message(frame));
  }

  pause(): void {
    this.#paused = true;
  }

  /** Ends it from either side. */
  end(code = 1005, reason = ""): void {
    setImmediate(() => {
      if (this.#ended) return;
      this.#ended = true;
      this.#handler!.close(code, reason);
      this.#settle({ code, reason });
    });
  }

  #serverEnd(): WebSocketLike {
    const amount = (): number => this.#bufferedAmount;
    return {
      get bufferedAmount() {
        return amount();
      },
      send: (frame) => this.#deliver(frame),
      close: (code, reason) => this.end(code, reason),
      terminate: () => this.end(1006),
    };
  }

  #deliver(frame: Frame): void {
    if (this.#paused) this.#bufferedAmount += frame.length;
    else setImmediate(() => this.#ended || this.onFrame(frame));
  }
}

async function dial(url: string, options: DialOptions = {}): Promise<Wire> {
  const { pipe, headers } = await open(url, options);
  const frames = new Queue<Frame>();
  pipe.onFrame = (frame) => frames.push(frame);
  return {
    headers,
    protocol: headers.get("sec-websocket-protocol") ?? "",
    frames,
    closed: pipe.closed,
    send: (frame) => pipe.send(frame),
    close: () => pipe.end(),
    cut: () => pipe.end(1006),
    pause: () => pipe.pause(),
  };
}

/** As much of a browser's `WebSocket` as the released client uses. */
class MemoryWebSocket {
  binaryType = "";
  onopen: () => void = () => {};
  onclose: (end: End) => void = () => {};
  onmessage: (message: { data: unknown }) => void = () => {};
  onerror: (error: unknown) => void = () => {};
  #pipe: Pipe | undefined;
  #closed = false;

  constructor(url: string, options: DialOptions) {
    open(url, options).then(({ pipe }) => this.#listen(pipe), (error: unknown) => this.onerror(error));
  }

  send(data: string | ArrayBuffer | Uint8Array): void {
    this.#pipe?.send(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
  }

  close(): void {
    this.#closed = true;
    this.#pipe?.end();
  }

  #listen(pipe: Pipe): void {
    if (this.#closed) return pipe.end();
    this.#pipe = pipe;
    pipe.onFrame = (data) => this.onmessage({ data: typeof data === "string" ? data : data.slice().buffer });
    void pipe.closed.then((end) => this.onclose(end));
    this.onopen();
  }
}
