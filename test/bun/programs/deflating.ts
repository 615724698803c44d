import { Server } from "../../../runtimes/bun.ts";
import { announce } from "../../deno/programs/app.ts";

const io = new Server({ perMessageDeflate: JSON.parse(process.env["DEFLATE"]!) as boolean });
io.on("connection", (socket) => {
  socket.on("say", (word: unknown) => socket.emit("said", word));
});
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler() });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
