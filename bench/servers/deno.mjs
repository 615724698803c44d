/** The benchmark's server on `Deno.serve`. */
import process from "node:process";
import { Server } from "../../dist/deno.js";
import { app, respondTo } from "../app.mjs";

const io = new Server();
app(io);
Deno.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, io.handler((request) => respondTo(request.url, io.engine.clientsCount)));
