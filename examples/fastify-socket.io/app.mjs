/** A Fastify 4 app as the plugin's read-me has it. It knows nothing of omnisocket: package.json puts it in the place of socket.io. */
import Fastify from "fastify";
import socketIo from "fastify-socket.io";

const { PORT, HOST } = process.env;

const fastify = Fastify();
await fastify.register(socketIo, { path: "/live" });

fastify.get("/page", async () => "the app");
fastify.get("/announce", async () => {
  fastify.io.emit("announcement", "to everyone");
  return "announced";
});

await fastify.ready();
fastify.io.on("connection", (socket) => {
  socket.on("echo", (value, answer) => answer(value));
});

const address = await fastify.listen({ port: Number(PORT ?? 3000), host: HOST ?? "localhost" });
console.log(`The app is at ${address}`);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fastify.close());
