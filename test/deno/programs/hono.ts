import { Hono } from "hono";
import { Server } from "../../../runtimes/deno.ts";
import { announce, app } from "./app.ts";

const io = new Server();
app(io);
const hono = new Hono();
hono.get("/", (c) => c.text("hono"));
hono.all("/socket.io/*", (c) => io.fetch(c.req.raw, c.env));
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) }, hono.fetch);
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
