/** The chat on Node: the page, and the Socket.IO server beside it. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Server } from "omnisocket";
import { chat } from "./app.mjs";
import { page } from "./page.mjs";

async function servePage(request, response) {
  const { status, headers, body } = await page(request.method, request.url.split("?")[0], readFile);
  response.writeHead(status, headers).end(body);
}

const server = createServer((request, response) => {
  servePage(request, response).catch((error) => {
    console.error(error);
    response.destroy();
  });
});
const io = new Server(server);
chat(io);

const { PORT, HOST } = process.env;
server.on("listening", () => console.log(`Chat at http://localhost:${server.address().port}`));
server.on("error", (error) => {
  if (error.code !== "EADDRINUSE") throw error;
  if (PORT === undefined) return server.listen(0, HOST);
  console.error(`Port ${PORT} is taken. Set PORT to another one, or to 0 for any that is free.`);
  process.exit(1);
});
server.listen(PORT ?? 3000, HOST);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
