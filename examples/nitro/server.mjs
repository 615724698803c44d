/** The app that Nitro has built, and Socket.IO, on one HTTP server. */
import { createServer } from "node:http";
import { Server } from "omnisocket";
import { listener } from "./.output/server/index.mjs";

const { PORT, HOST } = process.env;

const server = createServer((request, response) => {
  request.io = io;
  listener(request, response);
});
const io = new Server(server);
io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
});

server.listen(PORT ?? 3000, HOST, () => console.log(`The app is at http://localhost:${server.address().port}`));

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
