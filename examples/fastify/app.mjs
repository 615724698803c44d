/** Fastify 5 with Socket.IO on its HTTP server. */
import Fastify from "fastify";
import { Server } from "omnisocket";

const { PORT, HOST } = process.env;

const fastify = Fastify({ forceCloseConnections: true });
const io = new Server(fastify.server);

// Routes and plugins reach it as `fastify.io`.
fastify.decorate("io", io);
// Before Fastify waits for its connections to end.
fastify.addHook("preClose", () => io.close({ httpServer: false }));

fastify.get("/page", () => "the app");
fastify.get("/announce", () => {
  fastify.io.emit("announcement", "to everyone");
  return "announced";
});

io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
});

const address = await fastify.listen({ port: Number(PORT ?? 3000), host: HOST ?? "localhost" });
console.log(`The app is at ${address}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fastify.close());
