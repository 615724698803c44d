/** Engines and servers of different makers, put together by `bind()` (SRV-7, 6.2). */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type Server as HttpServer, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server as ReleasedServer } from "socket.io";
import { type Socket as Client, io as connectTo } from "socket.io-client";
import { describe, onTestFinished, test } from "vitest";
import { Engine, Server } from "../../runtimes/node.ts";
import { engineIo } from "./released.ts";

/** A server of either maker. */
type AnyServer = Server;

interface Combination {
  readonly name: string;
  /** A server whose connections come through the engine alone. */
  bind(http: HttpServer, options?: object): AnyServer;
}

const path = "/socket.io";
/** The server misses a pong well before its client misses a ping, which it does after both together. */
const rhythm = { pingInterval: 1000, pingTimeout: 500 };

const combinations: Combination[] = [
  {
    name: "a released socket.io, our engine",
    bind: (http, options) => new ReleasedServer().bind(Engine.attach(http, { path, ...options })) as unknown as AnyServer,
  },
  {
    name: "our Server, a released engine.io",
    bind: (http, options) => new Server().bind(engineIo.attach(http, { path, ...options })),
  },
  { name: "our Server, our engine", bind: (http, options) => new Server().bind(Engine.attach(http, { path, ...options })) },
];

describe.each(combinations)("$name", ({ bind }) => {
  test.each([["polling"], ["websocket"], ["polling", "websocket"]])("carries events, acks, binary and rooms over %s, %s", async (...transports) => {
    const { io, url } = await start(bind);
    io.on("connection", (socket) => {
      socket.emit("early", socket.id);
      socket.on("echo", (data, answer) => answer(data));
      socket.on("shout", async () => {
        await socket.join("room");
        io.to("room").emit("heard", Buffer.from([1, 2]), "end");
      });
    });
    const client = await connect(url, { transports });
    assert.equal(await client.first, client.id);
    assert.equal(await client.emitWithAck("echo", "a"), "a");
    const answer = (await client.emitWithAck("echo", { deep: [Buffer.from("x")] })) as { deep: Uint8Array[] };
    assert.deepEqual([...answer.deep[0]!], [120]);
    const heard = next(client, "heard");
    client.emit("shout");
    const [bytes, end] = (await heard) as [Uint8Array, string];
    assert.deepEqual([[...bytes], end], [[1, 2], "end"]);
    if (transports.length === 2) assert.equal(client.io.engine.transport.name, "websocket");
    assert.equal(io.sockets.sockets.size, 1);
  });

  test("reads the handshake, its auth and its request", async () => {
    const { io, url } = await start(bind);
    const handshakes: unknown[] = [];
    io.use((socket, go) => {
      const { auth, query, headers, address, secure } = socket.handshake;
      const request = socket.request as IncomingMessage;
      handshakes.push({ auth, a: query["a"], token: headers["x-token"], address, secure, same: request.headers["x-token"], method: request.method });
      go(auth["as"] === "mallory" ? new Error("not you") : undefined);
    });
    const options = { query: { a: "1" }, extraHeaders: { "x-token": "t" } };
    await connect(url, { ...options, auth: { as: "ada" } });
    const rest = { a: "1", token: "t", address: "127.0.0.1", secure: false, same: "t", method: "GET" };
    assert.deepEqual(handshakes, [{ auth: { as: "ada" }, ...rest }]);
    const refused = connectTo(url, { ...options, auth: { as: "mallory" }, forceNew: true });
    onTestFinished(() => void refused.close());
    const [error] = (await next(refused, "connect_error")) as [Error];
    assert.equal(error.message, "not you");
  });

  test("ends for the reasons that it has with an engine of its own", async () => {
    const { io, url } = await start(bind, rhythm);
    const ends: unknown[] = [];
    const disconnected = (): Promise<unknown> =>
      new Promise((resolve) => io.once("connection", (socket) => socket.on("disconnect", (reason) => resolve(ends.push(reason)))));
    const leaving = async (options: object, leave: (client: Client) => void): Promise<string> => {
      const seen = disconnected();
      const client = await connect(url, options);
      const end = next(client, "disconnect");
      leave(client);
      await seen;
      return (await end)[0] as string;
    };
    const websocket = { transports: ["websocket"] };
    assert.equal(await leaving(websocket, (client) => void client.disconnect()), "io client disconnect");
    assert.equal(await leaving(websocket, (client) => void client.io.engine.close()), "forced close");
    assert.equal(await leaving(websocket, ({ id }) => io.in(id!).disconnectSockets(true)), "io server disconnect");
    // It answers no ping.
    const deaf = (client: Client): void => void (client.io.engine.transport.send = () => {});
    assert.equal(await leaving(websocket, deaf), "transport close");
    assert.deepEqual(ends, ["client namespace disconnect", "transport close", "server namespace disconnect", "ping timeout"]);
  });

  test("`close()` ends the engine's clients", async () => {
    const { io, url } = await start(bind);
    const reasons: unknown[] = [];
    io.on("connection", (socket) => socket.on("disconnect", (reason) => void reasons.push(reason)));
    const end = next(await connect(url, { transports: ["websocket"] }), "disconnect");
    void io.close();
    assert.equal((await end)[0], "transport close");
    assert.deepEqual(reasons, ["server shutting down"]);
  });

  test("drops what is volatile while nobody polls", async () => {
    const { io, url } = await start(bind);
    const open = (await (await fetch(`${url}${path}/?EIO=4&transport=polling`)).text()).slice(1);
    const { sid } = JSON.parse(open) as { sid: string };
    const session = `${url}${path}/?EIO=4&transport=polling&sid=${sid}`;
    const connection = new Promise<Client>((resolve) => io.on("connection", resolve as never));
    await fetch(session, { method: "POST", body: "40" });
    const socket = await connection;
    socket.volatile.emit("dropped");
    socket.emit("kept");
    let body = "";
    while (!body.includes("kept")) body += await (await fetch(session)).text();
    assert.doesNotMatch(body, /dropped/);
  });
});

async function start(bind: Combination["bind"], options?: object): Promise<{ io: AnyServer; url: string }> {
  const http = createServer();
  await once(http.listen(0, "127.0.0.1"), "listening");
  const io = bind(http, options);
  onTestFinished(() => {
    void io.close();
    http.close();
    http.closeAllConnections();
  });
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

async function connect(url: string, options: object = {}): Promise<Client & { readonly first: Promise<unknown> }> {
  const client = connectTo(url, { forceNew: true, reconnection: false, ...options });
  onTestFinished(() => void client.close());
  const first = next(client, "early").then(([value]) => value);
  const transports = (options as { transports?: string[] }).transports ?? ["polling", "websocket"];
  await next(client, "connect");
  if (transports.length === 2 && client.io.engine.transport.name === "polling") {
    await new Promise((resolve) => client.io.engine.once("upgrade", resolve));
  }
  return Object.assign(client, { first });
}

function next(client: Client, event: string): Promise<unknown[]> {
  return new Promise((resolve) => client.once(event, (...args: unknown[]) => resolve(args)));
}
