/**
 * One server of the cluster: the chat, with an adapter that carries events to the other servers.
 *
 * `NODE` is its one letter or digit, `REDIS_URL` the broker. Tells whoever started it the port it was given.
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import { Server } from "omnisocket";
import { createClient } from "redis";
import { chat } from "../chat/app.mjs";
import { page } from "../chat/page.mjs";

const { NODE, REDIS_URL } = process.env;

// Without a broker, what is said here is still heard here. Its client would otherwise give up after five seconds.
const pubClient = createClient({ url: REDIS_URL, commandOptions: { timeout: 0 } });
const subClient = pubClient.duplicate();
for (const client of [pubClient, subClient]) client.on("error", (error) => console.error(`Redis: ${error.message}`));
await Promise.all([pubClient.connect(), subClient.connect()]);

const server = createServer((request, response) => {
  page(request.method, request.url.split("?")[0], readFile)
    .then(({ status, headers, body }) => response.writeHead(status, headers).end(body))
    .catch((error) => {
      console.error(error);
      response.destroy();
    });
});

const io = new Server(server, { adapter: createAdapter(pubClient, subClient) });
// The balancer reads from a session's id where the session is. 19 of the 20 characters are random.
io.engine.generateId = () => NODE + randomBytes(15).toString("base64url").slice(1);
chat(io);

server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));

process.once("disconnect", async () => {
  await io.close();
  pubClient.destroy();
  subClient.destroy();
  process.exit();
});
