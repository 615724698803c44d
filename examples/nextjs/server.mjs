/** Next.js and Socket.IO on one HTTP server. */
import { createServer } from "node:http";
import next from "next";
import { Server } from "omnisocket";

const { PORT, HOST, NODE_ENV } = process.env;

const app = next({ dev: NODE_ENV !== "production" });
await app.prepare();

const server = createServer(app.getRequestHandler());
const io = new Server(server);
io.on("connection", (socket) => {
  socket.on("say", (text, answer) => {
    io.emit("said", { by: socket.id, text });
    answer();
  });
});

server.listen(PORT ?? 3000, HOST, () => console.log(`The app is at http://localhost:${server.address().port}`));

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, async () => {
    // In development Next.js has a WebSocket on the server too, and the server would wait for it.
    await io.close({ httpServer: false });
    await app.close();
    process.exit();
  });
}
