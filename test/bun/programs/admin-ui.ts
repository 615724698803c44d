import { instrument } from "@socket.io/admin-ui";
import { Server } from "../../../runtimes/bun.ts";
import { announce, app } from "../../deno/programs/app.ts";

const io = new Server();
instrument(io as never, { auth: false, serverId: "one", mode: "development" });
app(io);
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler() });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop(true);
// Its timer for statistics goes on for ever.
process.exit(0);
