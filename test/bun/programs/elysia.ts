import { Elysia } from "elysia";
import { Server } from "../../../runtimes/bun.ts";
import { announce, app } from "../../deno/programs/app.ts";

const io = new Server();
app(io);
const elysia = new Elysia()
  .get("/", () => "elysia")
  .ws("/own", { message: (ws, data) => void ws.send(`echo ${String(data)}`) })
  .all("/socket.io/*", ({ request, server }) => io.fetch(request, server!), { parse: "none" })
  .listen({ port: 0, hostname: "127.0.0.1" });
announce(elysia.server!.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await elysia.stop();
