/** The benchmark's server on `socket.io` with the engine that it has for Bun. */
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { app, respondTo } from "../app.mjs";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
app(io);
const handler = engine.handler();
const server = Bun.serve({
  ...handler,
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  fetch(request, bun) {
    if (!request.url.includes("/socket.io/")) return respondTo(request.url, io.sockets.sockets.size);
    return handler.fetch.call(this, request, bun);
  },
});
console.log(JSON.stringify({ port: server.port }));
