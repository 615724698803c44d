import { Server } from "../../../runtimes/deno.ts";
import { clientFiles } from "../../../runtimes/client-files.ts";
import { announce, app } from "./app.ts";

const io = new Server({ cors: { origin: "*" }, clientFiles });
app(io);
const handler = io.handler((request, info) => new Response(`app ${new URL(request.url).pathname} ${info.remoteAddr.transport}`));
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) }, handler);
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
