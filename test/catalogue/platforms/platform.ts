/** What the catalogue needs of a runtime. */
import type { Server as HttpServer } from "node:http";

export type Io = import("../../../runtimes/node.ts").Server;
export type Options = Partial<import("../../../runtimes/node.ts").ServerOptions>;

/** A server that listens on a port of its own, or that has the port's requests for itself until it stops. */
export interface Listening {
  readonly io: Io;
  readonly port: number;
  /** Resolves when the head of the next request has arrived. */
  arrival(): Promise<unknown>;
  /** Ends every connection, and then the server. */
  stop(): Promise<void>;
  /** Node's. */
  readonly http?: HttpServer;
}

/** Starts a server; what is not for it is answered with 404 and "app". */
export type Listen = (options: Options) => Promise<Listening>;
