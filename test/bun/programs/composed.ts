/** Beside the app's own routes and WebSockets, whose settings are narrow. */
import { Server } from "../../../runtimes/bun.ts";
import { announce, app } from "../../deno/programs/app.ts";

const io = new Server({ addTrailingSlash: process.env["NO_SLASH"] === undefined });
app(io);
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  ...io.handler<{ user: string }>({
    routes: {
      "/hello/:name": (request) => new Response(`hello ${request.params.name}`),
      "/*": () => new Response("everything else"),
      "/own": (request, own) => (own.upgrade(request, { data: { user: "Ada" } }) ? undefined : new Response("no", { status: 400 })),
    },
    websocket: {
      backpressureLimit: 4_000_000,
      open: (ws) => void ws.send(`welcome ${ws.data.user}`),
      message: (ws, data) => void ws.send(`${ws.data.user} said ${String(data)}`),
      close: (ws, code) => void io.emit("own closed", ws.data.user, code),
    },
  }),
});
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
