/** Ends in good order on Node. */
import { createServer } from "node:http";
import { Server } from "../../dist/node.js";
import { chatter } from "./app.mjs";

const server = createServer();
const io = new Server(server);
const lastWords = chatter(io);
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port, pid: process.pid })));

process.once("SIGTERM", async () => {
  lastWords();
  await io.close({ drain: 5000, spread: 200 });
});
