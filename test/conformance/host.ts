/** What the suite needs of a host: a server program behind a URL, and the way there. */
import type { Fetch, NodeWebSocket, NodeXHR, WebSocket } from "socket.io-client";
import type { Profile } from "./app.ts";
import type { Lacks } from "./capabilities.ts";
import type { Queue } from "../interop/queue.ts";

export interface Host {
  readonly name: string;
  /** Type of received bytes, as the app sees them. */
  readonly binary: "Buffer" | "Uint8Array";
  readonly lacks: Lacks;
  readonly network: Network;
  start(orders: Orders): Promise<Running>;
}

/** What a server is to be. */
export interface Orders {
  readonly profile: Profile;
  /** Lets clients of Engine.IO 3 in, whatever the profile says. */
  readonly allowEIO3?: boolean | undefined;
  /** Milliseconds, in the place of the profile's. */
  readonly pingTimeout?: number | undefined;
  /** Present when it is to be reached over TLS. */
  readonly certificate?: Certificate | undefined;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Running {
  /** Without a slash at its end. */
  readonly url: string;
  /** Ends the program in good order; settles when it is gone. */
  stop(): Promise<void>;
  /** Takes the server's memory away while its clients stay; the next thing they do brings it back. */
  evict?(): Promise<void>;
}

/** A transport of the released client, as a class. */
export type Transport = typeof Fetch | typeof NodeXHR | typeof NodeWebSocket | typeof WebSocket;

/** How requests reach a server. */
export interface Network {
  readonly polling: Transport;
  readonly websocket: Transport;
  fetch(url: string, init?: RequestInit): Promise<Response>;
  /** Opens a WebSocket; rejects with a `Refused` when the server answers with anything but 101. */
  dial(url: string, options?: DialOptions): Promise<Wire>;
  /** Another way to the server at `url`, on which WebSocket handshakes wait. */
  holdUpgrades(url: string): Promise<Held>;
}

export interface Held {
  readonly url: string;
  /** Lets the handshakes pass, from now on. */
  release(): void;
  end(): void;
}

export interface DialOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

export type Frame = string | Uint8Array;

/** The client's end of a WebSocket, with nothing on top. */
export interface Wire {
  /** Headers of the 101 reply. */
  readonly headers: Headers;
  readonly protocol: string;
  readonly frames: Queue<Frame>;
  /** Settles when the connection has ended. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(frame: Frame): void;
  close(): void;
  /** Ends the connection without a closing handshake. */
  cut(): void;
  /** Reads nothing any more. */
  pause(): void;
}

/** A WebSocket handshake that was answered over HTTP. */
export class Refused extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string) {
    super(`refused with ${status}: ${body}`);
    this.status = status;
    this.body = body;
  }
}
