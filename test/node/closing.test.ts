/** What of a closing server the clients cannot put off: connections that they do not end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";
import { type AddressInfo, type Socket as NetSocket, connect } from "node:net";
import { describe, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { type CloseOptions, Server, type ServerOptions } from "../../runtimes/node.ts";

const engines: Readonly<Record<string, Partial<ServerOptions>>> = {
  "our WebSocket": {},
  "ws": { wsEngine: WebSocketServer },
};

/** Far above every `force` here, and far below what a server waits that was not told: 30 s. */
const AT_LAST = 15_000;

for (const [name, options] of Object.entries(engines)) {
  describe(`close({ force }) with ${name} (G40)`, () => {
    test("cuts a client that does not answer the close frame", async () => {
      const { io, port } = await serve(options);
      const gone = once(await joinDeaf(io, port), "close");
      const took = await timed(io.close({ drain: 0, force: 300 }));
      assert.ok(took < AT_LAST, `it took ${took} ms`);
      assert.equal(io.httpServer.listening, false);
      await gone;
    });

    test("cuts it too where the HTTP server is somebody else's to close", async () => {
      const { io, port } = await serve(options);
      const gone = once(await joinDeaf(io, port), "close");
      await io.close({ drain: 0, force: 300, httpServer: false });
      assert.ok(io.httpServer.listening);
      assert.ok((await timed(gone)) < AT_LAST);
    });

    test("waits for `force` once, whoever is waited for", async () => {
      const { io, port } = await serve(options);
      await joinDeaf(io, port);
      // It polls once, and never fetches what tells it of the end.
      await (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`)).text();
      const took = await timed(io.close({ drain: 0, force: 4000 }));
      assert.ok(took > 3900 && took < 7900, `it took ${took} ms`);
    });
  });
}

test("close({ force }) settles though the app has connections of its own that stay (G40)", async () => {
  const { io, port } = await serve({ destroyUpgrade: false });
  const upgraded = once(io.httpServer, "upgrade");
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.write("GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
  const [, socket] = (await upgraded) as [unknown, NetSocket];
  onTestFinished(() => void socket.destroy());
  const took = await timed(io.close({ drain: 0, force: 100 } satisfies CloseOptions));
  assert.ok(took < AT_LAST, `it took ${took} ms`);
  assert.equal(socket.destroyed, false);
});

test("close({ force }) ends HTTP/2 sessions too (G40)", async () => {
  const http = createHttp2().listen(0, "127.0.0.1");
  await once(http, "listening");
  const io = new Server(http);
  const client = connectHttp2(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
  onTestFinished(() => client.destroy());
  client.on("error", () => {});
  const gone = once(client, "close");
  await once(http, "session");
  await io.close({ drain: 0, force: 50 });
  assert.ok((await timed(gone)) < AT_LAST);
});

describe("a server that has closed without its HTTP server", () => {
  test("has nothing to do with it any more", async () => {
    const http = createServer();
    const listeners = (): number[] => ["request", "upgrade", "session"].map((event) => http.listenerCount(event));
    await new Server(http).close({ httpServer: false });
    const first = listeners();
    const rest = http.listeners("request");
    await new Server(http).close({ httpServer: false });
    assert.deepEqual([first, listeners(), http.listeners("request")], [[1, 0, 0], [1, 0, 0], rest]);
  });

  test("leaves requests to whoever listens, before it or after it", async () => {
    const { io, port } = await serve({});
    const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;
    const first = new Server(io.httpServer);
    await io.close({ httpServer: false });
    assert.equal(await ask(), 404);
    await first.close({ httpServer: false });
    assert.equal(await ask(), 404);
    io.httpServer.on("request", (_request, response) => void response.writeHead(200).end());
    assert.equal(await ask(), 200);
  });
});

describe("close(null)", () => {
  test("is close()", async () => {
    const { io } = await serve({});
    await io.close(null as never);
    assert.equal(io.httpServer.listening, false);
  });
});

async function serve(options: Partial<ServerOptions>): Promise<{ io: Server; port: number }> {
  const server = createServer();
  const io = new Server(server, options);
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { io, port: (server.address() as AddressInfo).port };
}

/** A client over WebSocket that never says a word after its handshake. Gives the server's end of the connection. */
async function joinDeaf(io: Server, port: number): Promise<NetSocket> {
  const connection = once(io.httpServer, "connection");
  const joined = new Promise((resolve) => io.engine.once("connection", resolve));
  // It does not end when the server does.
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).resume();
  onTestFinished(() => void client.destroy());
  client.on("error", () => {});
  client.write(
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const [socket] = (await connection) as [NetSocket];
  await joined;
  return socket;
}

async function timed(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work;
  return performance.now() - start;
}
