/** What a runtime offers so that the scenarios can run on it. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Server, ServerOptions } from "socket.io";

export interface Host {
  readonly name: string;
  /** Whether it is `socket.io` itself, which has faults of its own. */
  readonly isReleased?: true;
  /** Type of binary data as listeners get it. */
  readonly binary: "Buffer" | "Uint8Array";
  /** Starts a server on `port` (default: a free one) and hands it to `setup` before the first client comes. */
  start(setup: (io: Server) => void, options?: Partial<ServerOptions>, port?: number): Promise<Running>;
}

export interface Running {
  readonly url: string;
  readonly io: Server;
  /** Settles when the port is free again. */
  stop(): Promise<void>;
}

/** Node's `http` with the `Server` of `library`: released `socket.io`, or one with the same API. */
export function nodeHost(name: string, library: Pick<typeof import("socket.io"), "Server">): Host {
  return {
    name,
    binary: "Buffer",
    async start(setup, options = {}, port = 0) {
      const http = createServer();
      const io = new library.Server(http, options);
      setup(io);
      http.listen(port, "127.0.0.1");
      await once(http, "listening");
      const closed = once(http, "close");
      return {
        url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
        io,
        async stop() {
          await io.close();
          http.closeAllConnections();
          await closed;
        },
      };
    },
  };
}
