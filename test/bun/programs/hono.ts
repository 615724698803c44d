import { Hono } from "hono";
import { Server } from "../../../runtimes/bun.ts";
import { announce, app } from "../../deno/programs/app.ts";

const io = new Server();
app(io);
const hono = new Hono();
hono.get("/", (c) => c.text("hono"));
hono.all("/socket.io/*", (c) => io.fetch(c.req.raw, c.env));
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: hono.fetch, websocket: io.handler().websocket });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
