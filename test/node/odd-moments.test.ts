/** Clients that leave, or stay, at moments that nobody thinks of. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type Server as HttpServer, type ServerResponse, createServer } from "node:http";
import { connect as connectHttp2, constants, createServer as createHttp2 } from "node:http2";
import { type AddressInfo, type Socket as NetSocket, connect } from "node:net";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { Server, type ServerOptions } from "../../runtimes/node.ts";
import type { AnyHttpServer } from "../../runtimes/node/http-server.ts";

const UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
const WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";

/** More milliseconds than timers take: they would fire at once. */
const TOO_LONG = 2 ** 32;

async function listen(): Promise<HttpServer> {
  const http = createServer();
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  onTestFinished(() => {
    http.closeAllConnections();
    http.close();
  });
  return http;
}

/** A client that is only what it writes. */
async function client(http: HttpServer, text = ""): Promise<NetSocket> {
  const socket = connect({ port: (http.address() as AddressInfo).port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  socket.write(text);
  return socket;
}

function request(path: string, headers = "", method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: app.example\r\n${headers}\r\n`;
}

function serve(http: AnyHttpServer, options: Partial<ServerOptions> = {}): Server {
  const io = new Server(http, options);
  onTestFinished(() => io.close({ force: 1 }));
  return io;
}

async function untilGone(http: HttpServer): Promise<void> {
  while ((await connectionsOf(http)) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

function connectionsOf(http: HttpServer): Promise<number> {
  return new Promise((resolve) => http.getConnections((_error, count) => resolve(count)));
}

async function session(http: HttpServer): Promise<string> {
  const { port } = http.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`);
  return (JSON.parse((await response.text()).slice(1)) as { sid: string }).sid;
}

describe("an upgrade that is nobody's", () => {
  for (const [what, attach] of [
    ["one server", (http: HttpServer) => void serve(http, { destroyUpgradeTimeout: 50 })],
    ["two servers", (http: HttpServer) => ["/a", "/b"].forEach((path) => void serve(http, { path, destroyUpgradeTimeout: 50 }))],
    [
      "a server that was attached again",
      async (http: HttpServer) => {
        await serve(http).close({ httpServer: false });
        serve(http, { destroyUpgradeTimeout: 50 });
      },
    ],
  ] as const) {
    test(`is ended, also where the client goes on to write: ${what}`, async () => {
      const http = await listen();
      await attach(http);
      const socket = await client(http, request("/nobody", UPGRADE));
      socket.write("more");
      await untilGone(http);
    });
  }

  test("is left alone where it may take longer than timers do", async () => {
    const http = await listen();
    serve(http, { destroyUpgradeTimeout: TOO_LONG });
    await client(http, request("/nobody", UPGRADE));
    await sleep(50);
    assert.equal(await connectionsOf(http), 1);
  });
});

describe("a server that closes with more time than timers take", () => {
  test("leaves the app's requests the time to be answered", async () => {
    const http = await listen();
    const slow = new Promise<ServerResponse>((resolve) => http.on("request", (_request, response: ServerResponse) => resolve(response)));
    const io = serve(http);
    const socket = await client(http, request("/slow", "Connection: close\r\n"));
    const response = await slow;
    const closed = io.close({ force: TOO_LONG });
    await sleep(50);
    response.end("late");
    assert.match(await textOf(socket), /late/);
    socket.end();
    await closed;
  });

  test("leaves clients the time to end their WebSockets", async () => {
    const http = await listen();
    const io = serve(http);
    const socket = await client(http, request(WEBSOCKET, UPGRADE));
    await once(socket, "data");
    await io.close({ force: TOO_LONG, httpServer: false });
    await sleep(50);
    assert.equal(await connectionsOf(http), 1);
  });
});

describe("a WebSocket handshake", () => {
  test("that a middleware refuses is let go when the server is, whatever the client does", async () => {
    const http = await listen();
    const io = serve(http);
    io.engine.use((_request: unknown, response: { writeHead(status: number): { end(): void } }) => response.writeHead(401).end());
    const socket = await client(http, request(WEBSOCKET, UPGRADE));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1.1 401/);
    await io.close({ force: 50 });
    await untilGone(http);
  });

  test("is answered before a ping that came with it", async () => {
    const http = await listen();
    serve(http);
    const socket = await client(http);
    socket.write(Buffer.concat([Buffer.from(request(WEBSOCKET, UPGRADE)), Buffer.from([0x89, 0x80, 0, 0, 0, 0])]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString("latin1"), /^HTTP\/1.1 101/);
  });

  test("of a client that has ended its side while the app decided is nobody's", async () => {
    const http = await listen();
    const upgrade = once(http, "upgrade");
    let decide = (): void => {};
    const asked = new Promise<void>((resolve) => {
      serve(http, {
        allowRequest: (_request, callback) => {
          decide = () => callback(null, true);
          resolve();
        },
      }).engine.on("connection", () => assert.fail("nobody is there"));
    });
    const socket = await client(http, request(WEBSOCKET, UPGRADE));
    await asked;
    const [, end] = (await upgrade) as [unknown, NetSocket];
    socket.end();
    while (!end.readableEnded) await new Promise((resolve) => setTimeout(resolve, 10));
    const answer = once(socket, "data");
    decide();
    assert.match(String(((await answer) as [Buffer])[0]), /^HTTP\/1.1 400/);
  });
});

describe("a poll", () => {
  test("that is pipelined behind a slow request takes no messages with it when the connection ends", async () => {
    const http = await listen();
    // Nobody answers it.
    http.on("request", () => {});
    const io = serve(http);
    const sid = await session(http);
    const conn = io.engine.clients[sid]!;
    const ended = new Promise((resolve) => conn.on("close", resolve));
    const socket = await client(http, request("/slow") + request(`/socket.io/?EIO=4&transport=polling&sid=${sid}`));
    while (conn.polling?.waiting !== true) await new Promise((resolve) => setTimeout(resolve, 10));
    socket.destroy();
    assert.equal(await ended, "transport error");
  });

  test("that was pipelined and answered is over: what comes of the connection later is nothing to its session", async () => {
    const http = await listen();
    const slow = new Promise<ServerResponse>((resolve) => http.on("request", (_request, response: ServerResponse) => resolve(response)));
    const io = serve(http);
    const sid = await session(http);
    const conn = io.engine.clients[sid]!;
    const ended: string[] = [];
    conn.on("close", (reason) => ended.push(reason));
    const socket = await client(http, request("/slow") + request(`/socket.io/?EIO=4&transport=polling&sid=${sid}`));
    while (conn.polling?.waiting !== true) await new Promise((resolve) => setTimeout(resolve, 10));
    const response = await slow;
    const gone = once(response.socket!, "close");
    response.end();
    conn.send("hello");
    let received = "";
    while (!received.endsWith("4hello")) received += String(((await once(socket, "data")) as [Buffer])[0]);
    socket.end();
    await gone;
    assert.deepEqual(ended, []);
  });
});

test("as many requests as a client pipelines are no leak to warn of", async () => {
  const http = await listen();
  // Nobody answers the first.
  http.on("request", () => {});
  const io = serve(http, { allowRequest: (_request, callback) => void setTimeout(() => callback(null, true), 20) });
  const warnings: string[] = [];
  const warn = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  await client(http, request("/slow") + request("/socket.io/?EIO=4&transport=polling").repeat(11));
  await expect.poll(() => io.engine.clientsCount).toBe(11);
  assert.deepEqual(warnings, []);
});

describe("a poll over HTTP/2", () => {
  test("whose stream is reset while the app decides takes no messages with it", async () => {
    const http = createHttp2().listen(0, "127.0.0.1");
    await once(http, "listening");
    onTestFinished(() => void http.close());
    const asked: (() => void)[] = [];
    const io = serve(http, { bindSession: () => new Promise((resolve) => asked.push(() => resolve("somebody"))) });
    const connection = connectHttp2(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
    onTestFinished(() => connection.destroy());
    const path = "/socket.io/?EIO=4&transport=polling";
    const handshake = connection.request({ ":path": path });
    await expect.poll(() => asked.length).toBe(1);
    asked[0]!();
    const { sid } = JSON.parse((await textOf(handshake)).slice(1)) as { sid: string };
    const conn = io.engine.clients[sid]!;
    const ended = new Promise((resolve) => conn.on("close", resolve));
    const poll = connection.request({ ":path": `${path}&sid=${sid}` });
    poll.on("error", () => {});
    await expect.poll(() => asked.length).toBe(2);
    poll.close(constants.NGHTTP2_CANCEL);
    await once(poll, "close");
    await new Promise((resolve) => connection.ping(resolve));
    conn.send("hello");
    asked[1]!();
    assert.equal(await ended, "transport error");
  });
});

describe("a POST", () => {
  test("whose client leaves while the app decides is over at once", async () => {
    const http = await listen();
    let decide: (() => void) | undefined;
    let asked = (): void => {};
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const io = serve(http, {
      bindSession: ({ method }) => {
        if (method === "GET") return "somebody";
        asked();
        return new Promise((resolve) => (decide = () => resolve("somebody")));
      },
    });
    const sid = await session(http);
    const ended = new Promise((resolve) => io.engine.clients[sid]!.on("close", resolve));
    const socket = await client(http, `${request(`/socket.io/?EIO=4&transport=polling&sid=${sid}`, "Content-Length: 100\r\nContent-Type: text/plain\r\n", "POST")}4`);
    await isAsked;
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
    decide!();
    assert.equal(await ended, "transport error");
  });
});
