/** ENG rows: the engine and its connections, as tools and middlewares see them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "socket.io";
import { typeName } from "./show.ts";
import { next, section, type Stage, type Stand } from "./stage.ts";
import { WebSocket } from "ws";
import type { WireClient } from "./wire-client.ts";

export const engineSections = [
  section("ENG-1: clientsCount, connection, generateId", async (stage) => {
    const stand = await stage.serve();
    const { engine } = stand.io;
    let count = 0;
    engine.generateId = (request: IncomingMessage) => {
      stage.print("generateId", typeName(request), request.url);
      return Promise.resolve(`made-by-the-app-${++count}`);
    };
    engine.on("connection", (conn: { id: string; protocol: number }) => stage.print("connection", conn["id"], conn.protocol));
    stage.print("clientsCount", engine.clientsCount);
    const { alice, conn } = await opened(stand);
    const poller = await stand.poll();
    stage.print("sids", alice.sid, poller.sid);
    stage.print("clientsCount", engine.clientsCount);
    const closed = next(conn, "close");
    alice.drop();
    await closed;
    stage.print("clientsCount", engine.clientsCount);
  }),

  section("ENG-1: use()", async (stage) => {
    const stand = await stage.serve();
    stand.io.engine.use((request: IncomingMessage, response: ServerResponse, done: () => void) => {
      stage.print("middleware", typeName(request), typeof response.setHeader, typeof done, request.method);
      Object.assign(request, { user: "alice" });
      response.setHeader("x-from-middleware", "yes");
      setImmediate(done);
    });
    stand.io.on("connection", (socket) => stage.print("connection", (socket.request as { user?: string }).user));
    const handshake = await stand.ask("/socket.io/?EIO=4&transport=polling");
    stage.print("handshake", handshake.status, handshake.headers["x-from-middleware"]);
    await stand.join("alice");
    stage.print("app's own route", (await stand.ask("/other")).headers["x-from-middleware"]);
  }),

  section("ENG-1: a middleware that refuses", async (stage) => {
    const stand = await stage.serve();
    stand.io.engine.use((_request: unknown, _response: unknown, done: (error?: Error) => void) => done(new Error("no")));
    stand.io.engine.on("connection_error", ({ code, message, context }: ConnectionError) => {
      stage.print("connection_error", code, message, context.name);
    });
    const { status, text } = await stand.ask("/socket.io/?EIO=4&transport=polling");
    stage.print("handshake", status, text);
  }),

  section("ENG-1: a middleware that answers itself", async (stage) => {
    const stand = await stage.serve();
    stand.io.engine.use((_request: unknown, response: ServerResponse) => response.writeHead(402).end("pay"));
    const { status, text } = await stand.ask("/socket.io/?EIO=4&transport=polling");
    stage.print("handshake", status, text);
  }),

  section("ENG-1: initial_headers, headers", async (stage) => {
    const stand = await stage.serve();
    const { engine } = stand.io;
    for (const event of ["initial_headers", "headers"]) {
      engine.on(event, (headers: Record<string, unknown>, request: IncomingMessage) => {
        stage.print(event, typeName(request), request.method);
        headers[`x-${event}`] = "yes";
      });
    }
    const poller = await stand.poll();
    await poller.post("40");
    const poll = await poller.get();
    stage.print("poll", poll.headers["x-initial_headers"], poll.headers["x-headers"]);
    const handshake = await stand.ask("/socket.io/?EIO=4&transport=polling");
    stage.print("handshake", handshake.headers["x-initial_headers"], handshake.headers["x-headers"]);
    await upgradeHeaders(stage, stand.port);
  }),

  section("ENG-1: connection_error", async (stage) => {
    const stand = await stage.serve({ allowRequest: ({ url }, done) => (url?.includes("forbidden") ? done("not you", false) : done(null, true)) });
    const { engine } = stand.io;
    engine.on("connection_error", ({ req, code, message, context }: ConnectionError) => {
      stage.print("connection_error", typeName(req), code, message, context.name ?? context);
    });
    const poller = await stand.poll();
    const base = "/socket.io/?EIO=4&transport=";
    const asks: [string, string][] = [
      ["GET", "/socket.io/?EIO=4"], ["GET", `${base}foo`], ["GET", `${base}__proto__`],
      ["GET", `${base}polling&sid=unknown`], ["POST", `${base}polling`], ["GET", `${base}websocket`],
      ["GET", `${base}polling&forbidden`], ["GET", "/socket.io/?EIO=3&transport=polling"],
      ["GET", "/socket.io/?transport=polling"], ["GET", `${base}websocket&sid=${poller.sid}`],
    ];
    for (const [method, path] of asks) {
      const { status, text, headers } = await stand.ask(path, { method });
      stage.print(`${method} ${path.replace(poller.sid, "<sid>")}`, status, headers["content-type"], text);
    }
  }),

  section("ENG-1: allowRequest with a message and a yes", async (stage) => {
    const stand = await stage.serve({ allowRequest: (_request, done) => done("only a message", true) });
    stage.print("handshake", (await stand.ask("/socket.io/?EIO=4&transport=polling")).status);
  }),

  section("ENG-1: connection_error of an upgrade", async (stage) => {
    const stand = await stage.serve();
    stand.io.engine.on("connection_error", ({ req, code, message, context }: ConnectionError) => {
      stage.print("connection_error", typeName(req), code, message, context);
    });
    for (const query of ["EIO=4&transport=foo", "EIO=4&transport=websocket&sid=unknown"]) {
      const answer = await refusedUpgrade(`ws://127.0.0.1:${stand.port}/socket.io/?${query}`);
      stage.print(query, answer);
    }
  }),

  section("ENG-1: close()", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    alice.socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    stand.io.engine.close();
    await alice.show();
    stage.print("clientsCount", stand.io.engine.clientsCount);
    stage.print("http", stand.http.listening);
  }),

  section("ENG-2: members", async (stage) => {
    const stand = await stage.serve();
    const { conn } = (await stand.join("alice")).socket;
    stage.print("id", conn["id"]);
    stage.print("protocol", conn.protocol);
    stage.print("request", typeName(conn.request), conn.request.url);
    stage.print("remoteAddress", conn.remoteAddress);
    stage.print("readyState", conn.readyState);
    stage.print("transport", conn.transport.name);
  }),

  section("ENG-2: packet, data, packetCreate, flush, drain", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const { conn } = alice.socket;
    conn.on("packet", stage.printer("packet"));
    conn.on("data", stage.printer("data"));
    alice.send('42["text",1]');
    await next(alice.socket, "text");
    alice.send('451-["bytes",{"_placeholder":true,"num":0}]');
    alice.send(Buffer.from([1, 2]));
    await next(alice.socket, "bytes");
    conn.on("packetCreate", ({ type, data }: { type: string; data: unknown }) => stage.print("packetCreate", type, data));
    const ends = [next(conn, "flush"), next(conn, "drain")];
    alice.socket.emit("hello", Buffer.from([3]));
    await Promise.all(ends);
    stage.print("flushed and drained");
    await alice.show(2);
  }),

  section("ENG-2: heartbeat", async (stage) => {
    const stand = await stage.serve({ pingInterval: 20 });
    const alice = await stand.join("alice");
    const { conn } = alice.socket;
    await alice.show();
    conn.on("heartbeat", () => stage.print("heartbeat"));
    conn.on("packet", ({ type }: { type: string }) => stage.print("packet", type));
    const heard = next(conn, "heartbeat");
    alice.send("3");
    await heard;
    await alice.show();
  }),

  section("ENG-2: send(), write()", async (stage) => {
    const stand = await stage.serve();
    const { alice, conn } = await opened(stand);
    stage.name(conn, "conn");
    stage.print("send", conn.send("text"));
    stage.print("write", conn.write("written"), conn.write(Buffer.from([1, 2])));
    const sent = new Promise<void>((resolve) => conn.send("with callback", {}, () => resolve(stage.print("callback"))));
    await sent;
    await alice.show(4);
  }),

  section("ENG-2: close()", async (stage) => {
    const stand = await stage.serve();
    const alice = await stand.join("alice");
    const { conn } = alice.socket;
    conn.on("close", (reason) => stage.print("close", reason, conn.readyState));
    alice.socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    conn.close();
    await alice.show();
    stage.print("readyState", conn.readyState);
  }),

  section("ENG-2: upgrading, upgrade", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    stage.print("CONNECT", (await poller.get()).text);
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    const { conn } = socket;
    for (const event of ["upgrading", "upgrade"]) {
      conn.on(event, (transport: { name: string }) => stage.print(event, transport.name, conn.transport.name));
    }
    const poll = poller.get();
    const url = `ws://127.0.0.1:${stand.port}/socket.io/?EIO=4&transport=websocket&sid=${poller.sid}`;
    const ws = stage.websocket("ws", url);
    await ws.opened();
    ws.send("2probe");
    await ws.show();
    stage.print("poll", (await poll).text);
    socket.emit("waits for the upgrade");
    const upgraded = next(conn, "upgrade");
    ws.send("5");
    await upgraded;
    await ws.show();
    ws.send('42["over websocket"]');
    await next(socket, "over websocket");
    const late = await poller.get();
    stage.print("late poll", late.status, late.text);
  }),
];

interface ConnectionError {
  readonly req: IncomingMessage;
  readonly code: number;
  readonly message: string;
  readonly context: Record<string, unknown>;
}

/** A WebSocket session that has joined nothing, from both ends. */
async function opened(stand: Stand): Promise<{ alice: WireClient; conn: Socket["conn"] }> {
  const connection = next(stand.io.engine, "connection");
  const alice = await stand.open("alice");
  return { alice, conn: (await connection)[0] as Socket["conn"] };
}

function upgradeHeaders(stage: Stage, port: number): Promise<void> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  return new Promise((resolve) => {
    ws.on("upgrade", ({ headers }) => {
      stage.print("upgrade", headers["x-initial_headers"], headers["x-headers"]);
      ws.on("open", () => resolve(ws.terminate()));
    });
  });
}

function refusedUpgrade(url: string): Promise<string> {
  const ws = new WebSocket(url);
  return new Promise((resolve) => {
    ws.on("error", () => {});
    ws.on("unexpected-response", async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      resolve(`${response.statusCode} ${response.headers.connection} ${Buffer.concat(chunks).toString()}`);
    });
  });
}
