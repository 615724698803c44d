/** The server of the soak tests on `Bun.serve`. */
import { App, obey } from "../app.mjs";
import { Server } from "../../dist/bun.js";

const io = new Server(JSON.parse(process.env.OPTIONS ?? "{}"));
const app = new App(io);
const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  ...io.handler({ fetch: async (request) => Response.json((await obey(app, request.url)) ?? null) }),
});
console.log(JSON.stringify({ port: server.port }));
