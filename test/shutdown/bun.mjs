/** Ends in good order on Bun. */
import { Server } from "../../runtimes/bun.ts";
import { chatter } from "./app.mjs";

const io = new Server();
const lastWords = chatter(io);
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, ...io.handler() });
console.log(JSON.stringify({ port: server.port, pid: process.pid }));

process.once("SIGTERM", async () => {
  lastWords();
  await io.close({ drain: 5000, spread: 200 });
  await server.stop();
});
