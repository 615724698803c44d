/** The benchmark's server on `Bun.serve`. */
import { app, respondTo } from "../app.mjs";
import { Server } from "../../dist/bun.js";

const io = new Server();
app(io);
const server = Bun.serve({
  port: Number(process.env.PORT ?? 0),
  hostname: "127.0.0.1",
  ...io.handler({ fetch: (request) => respondTo(request.url, io.engine.clientsCount) }),
});
console.log(JSON.stringify({ port: server.port }));
