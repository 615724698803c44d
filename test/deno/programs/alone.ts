import { Server } from "../../../runtimes/deno.ts";
import { announce, app } from "./app.ts";

const io = new Server(Deno.args[0] === undefined ? {} : { debug: Deno.args[0] });
app(io);
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) }, io.handler());
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
