/** A Worker whose objects are rooms, by name; and the same inside an app of Hono. */
import { Hono } from "hono";
import { SocketIO, routeSocketIO } from "../../runtimes/cloudflare.ts";

export class Room extends SocketIO {
  options(env) {
    return { pingInterval: 2000, pingTimeout: 1000, ...(env.RECOVERING && { connectionStateRecovery: {} }) };
  }

  setup(io) {
    const writes = countWrites(this.ctx.storage.kv);
    if (this.env.OWN_PINGS) this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    io.on("connection", (socket) => {
      socket.on("say", () => io.emit("said", "by client"));
      socket.on("name", (answer) => answer(socket.handshake.query.room));
      socket.on("keep", (value, answer) => {
        socket.data.value = value;
        delete socket.data.call;
        answer();
      });
      socket.on("keep another", (value, answer) => {
        (socket.data.value ??= []).push(value);
        answer();
      });
      socket.on("count", (answer) => answer((socket.data.count = (socket.data.count ?? 0) + 1)));
      socket.on("auth", (answer) => answer(socket.handshake.auth));
      socket.on("change auth", (answer) => {
        socket.handshake.auth.list.push("changed");
        socket.save();
        answer();
      });
      socket.on("kept auths", (answer) => answer([...this.ctx.storage.kv.list({ prefix: "omnisocket:auth:" })].length));
      socket.on("writes", (answer) => answer(writes()));
      socket.on("keep a function", (answer) => {
        socket.data.call = () => {};
        setTimeout(() => answer(), 50);
      });
      socket.on("keep later", async (value) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        socket.data.value = value;
        socket.emit("kept later");
      });
      socket.on("kept", (answer) => answer({ value: socket.data.value, recovered: socket.recovered }));
      socket.on("ring in", async (milliseconds, answer) => {
        await this.schedule(Date.now() + milliseconds, "broken");
        await this.schedule(Date.now() + milliseconds, "tea");
        answer();
      });
      socket.on("ask me", () => socket.emit("question", () => io.emit("said", "an answer to nobody")));
      socket.on("ask me in time", () => socket.timeout(300).emit("question", (error) => socket.emit("asked", error.message)));
      socket.on("keep in vain", (answer) => {
        socket.timeout(50).emit("nobody answers", () => {
          socket.data.value = "in vain";
          answer();
        });
      });
      socket.on("keep for all", (value, answer) => {
        Object.defineProperty(socket.data, "value", { enumerable: true, get: fail });
        for (const each of io.sockets.sockets.values()) {
          if (each !== socket) each.data.value = value;
          each.save();
        }
        answer();
      });
      socket.on("many volatile", (count, answer) => {
        let pressed = 0;
        const before = io.metrics().droppedVolatile;
        const note = () => (pressed += 1);
        io.diagnostics.on("backpressure", note);
        for (let n = 0; n < count; n++) socket.volatile.emit("large", "x".repeat(10_000));
        io.diagnostics.off("backpressure", note);
        answer({ dropped: io.metrics().droppedVolatile - before, pressed });
      });
      socket.on("read", (length, answer) => answer("x".repeat(length)));
      socket.on("leave", () => socket.disconnect(true));
    });
  }

  async onRequest(request) {
    if (request.url.includes("/own")) return this.#acceptOwn();
    if (request.url.includes("/close")) await this.io.close({ drain: 5000, spread: 200 });
    else this.io.emit("said", "by request");
    return new Response(`${this.io.engine.clientsCount} connection`);
  }

  /** A WebSocket that has nothing to do with Socket.IO. */
  #acceptOwn() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment("own");
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(ws, message) {
    if (ws.deserializeAttachment() === "own") ws.send(message);
    else super.webSocketMessage(ws, message);
  }

  webSocketClose(ws, code, reason) {
    super.webSocketClose(ws, code, reason);
    if (ws.deserializeAttachment() === "own") this.io.emit("said", "own left");
  }

  onAlarm(key) {
    if (key === "broken") throw new Error("no bell");
    this.io.emit("rung", key);
  }
}

function fail() {
  throw new Error("unreadable");
}

/** Returns what asks how often connections and auths were written since it was asked last. */
function countWrites(kv) {
  const { put } = kv;
  let writes = { connection: 0, auth: 0 };
  kv.put = (key, value) => {
    writes[key.split(":")[1]] += 1;
    put.call(kv, key, value);
  };
  return () => {
    const now = writes;
    writes = { connection: 0, auth: 0 };
    return now;
  };
}

const name = (url) => url.searchParams.get("room") ?? "main";
const app = new Hono();
app.all("/socket.io/*", (c) => routeSocketIO(c.req.raw, c.env.ROOMS, { name }));

// The platform looks the Worker up as the default export.
// oxlint-disable-next-line import/no-default-export
export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    if (["/say", "/close", "/own"].includes(url.pathname)) return env.ROOMS.getByName(name(url)).fetch(request);
    if (url.pathname.startsWith("/hono/")) return app.fetch(new Request(request.url.replace("/hono/", "/"), request), env, context);
    return (await routeSocketIO(request, env.ROOMS, { name })) ?? new Response("the app");
  },
};
