/** What is left of a handshake's request once it is answered. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, test } from "vitest";
import { io as connect } from "socket.io-client";
import { Server, type Socket } from "../../runtimes/node.ts";
import { KeptRequest } from "../../runtimes/node/kept-request.ts";

let cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const task of cleanUp.reverse()) await task();
  cleanUp = [];
});

/** A client that has joined, and what the server's side of it is. */
async function join(prepare: (io: Server) => void = () => {}, transports = ["websocket"]): Promise<{ socket: Socket; seen: IncomingMessage }> {
  const http = createServer();
  const io = new Server(http);
  let seen!: IncomingMessage;
  http.once("upgrade", (request: IncomingMessage) => (seen = request));
  http.once("request", (request: IncomingMessage) => (seen = request));
  prepare(io);
  cleanUp.push(() => io.close());
  await once(http.listen(0), "listening");
  const connected = new Promise<Socket>((resolve) => void io.on("connection", (each: Socket) => resolve(each)));
  const { port } = http.address() as AddressInfo;
  const extraHeaders = { "X-Many": "1", Cookie: "a=b; c=d" };
  const client = connect(`http://localhost:${port}`, { transports, extraHeaders, query: { who: "ada" } });
  cleanUp.push(() => client.disconnect());
  return { socket: await connected, seen };
}

describe("socket.request", () => {
  for (const transport of ["websocket", "polling"]) {
    test(`${transport}: says what the request said, and is the same each time`, async () => {
      const { socket, seen } = await join(undefined, [transport]);
      const request = socket.request as IncomingMessage & { _query: object };
      assert.equal(socket.request, request);
      assert.equal(socket.conn.request, request);
      for (const name of ["method", "httpVersion", "httpVersionMajor", "httpVersionMinor", "socket"] as const) {
        assert.equal(request[name], seen[name], name);
      }
      assert.equal(request.headers["x-many"], "1");
      assert.equal(request.headers.cookie, "a=b; c=d");
      assert.deepEqual(request.headersDistinct["x-many"], ["1"]);
      assert.match(request.url!, /who=ada/);
      assert.equal((request._query as { who: string }).who, "ada");
      assert.equal(socket.handshake.headers["x-many"], "1");
      assert.equal(socket.handshake.query["who"], "ada");
      assert.deepEqual([request.rawHeaders, request.headers], [seen.rawHeaders, seen.headers]);
    });
  }

  test("is the very request that a middleware has seen", async () => {
    let shown: unknown;
    const { socket, seen } = await join((io) => {
      io.engine.use((request: IncomingMessage & { user?: string }, _: unknown, next: () => void) => {
        shown = Object.assign(request, { user: "ada" });
        next();
      });
    });
    assert.equal(socket.request, shown);
    assert.equal(socket.request, seen);
  });

  test("is the very request that somebody has put something on", async () => {
    const { socket, seen } = await join((io) => {
      io.httpServer.prependListener("upgrade", (request: IncomingMessage) => Object.assign(request, { user: "ada" }));
    });
    assert.equal(socket.request, seen);
    assert.equal((socket.request as { user?: string }).user, "ada");
  });

  test("is the very request that `generateId` was given", async () => {
    let given: unknown;
    const { socket } = await join((io) => {
      io.engine.generateId = (request: unknown) => {
        given = request;
        return "an-id-that-is-hard-to-guess";
      };
    });
    assert.equal(socket.request, given);
  });
});

test("KeptRequest.canReplace() refuses where a header came twice", async () => {
  const http = createServer((request, response) => response.end(String(KeptRequest.canReplace(request))));
  cleanUp.push(() => http.close());
  await once(http.listen(0), "listening");
  const { port } = http.address() as AddressInfo;
  const { request } = await import("node:http");
  const ask = async (value: string | string[]): Promise<string> => {
    const sent = request({ port, headers: { "x-value": value }, agent: false }).end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    return (await response.toArray()).join("");
  };
  assert.equal(await ask("once"), "true");
  assert.equal(await ask(["once", "twice"]), "false");
});
