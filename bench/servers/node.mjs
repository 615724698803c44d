/** The benchmark's server on `node:http`. `SERVER` names the package that is measured. */
import { createServer } from "node:http";
import { app, respondWith } from "../app.mjs";

const { Server } = await import(process.env.SERVER ?? "../../dist/node.js");

const http = createServer((request, response) => respondWith(request, response, () => io.engine.clientsCount));
const io = new Server(http);
app(io);
http.listen({ port: Number(process.env.PORT ?? 0), host: "127.0.0.1", backlog: 4096 }, () => {
  console.log(JSON.stringify({ port: http.address().port }));
});
