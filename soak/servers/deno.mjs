/** The server of the soak tests on `Deno.serve`. */
import process from "node:process";
import { Server } from "../../dist/deno.js";

globalThis.process = process;
const { App, obey } = await import("../app.mjs");
const io = new Server(JSON.parse(process.env.OPTIONS ?? "{}"));
const app = new App(io);
Deno.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, io.handler(async (request) => Response.json((await obey(app, request.url)) ?? null)));
