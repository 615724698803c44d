/** The server under test on Node. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Listen } from "./platform.ts";

/** `CATALOGUE_ORACLE=socket.io` replays the catalogue against the released server; rows marked "better" are skipped. */
export const isOracle = process.env["CATALOGUE_ORACLE"] === "socket.io";

type Library = typeof import("../../../runtimes/node.ts");

const { Server } = (await import(isOracle ? "socket.io" : "../../../runtimes/node.ts")) as Library;

export const listen: Listen = async (options) => {
  // Node's own limit on a request's head must not hide the server's on its URL.
  const http = createServer({ maxHeaderSize: 65_536 }, (_request, response) => response.writeHead(404).end("app"));
  const connections: Duplex[] = [];
  http.on("connection", (connection) => connections.push(connection));
  const io = new Server(http, options);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    io,
    http,
    port: (http.address() as AddressInfo).port,
    arrival: () => once(http, "request"),
    async stop() {
      // An upgraded connection that nobody reads does not notice that its client has left.
      for (const connection of connections) connection.destroy();
      await io.close();
    },
  };
};
