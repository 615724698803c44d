/** Connections of another Engine.IO server, carried by ours. */
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "../../../runtimes/bun.ts";
import { announce } from "../../deno/programs/app.ts";

const io = new Server();
const engine = new Engine({ path: "/socket.io/" });
io.bind(engine);
io.on("connection", (socket) => {
  socket.on("echo", (...args) => args.at(-1)(...args.slice(0, -1)));
  socket.on("room", async (answer) => {
    await socket.join("room");
    io.to("room").emit("heard", Buffer.from([1, 2]));
    answer(socket.handshake.query["EIO"]);
  });
});
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...engine.handler() });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop(true);
