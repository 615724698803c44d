import { instrument } from "@socket.io/admin-ui";
import { Server } from "../../../runtimes/deno.ts";
import { announce, app } from "./app.ts";

const io = new Server();
instrument(io as never, { auth: false, serverId: "one", mode: "development" });
app(io);
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) }, io.handler());
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
// Its timer for statistics goes on for ever.
Deno.exit(0);
