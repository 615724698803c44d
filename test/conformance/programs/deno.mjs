/** The app on Deno. */
import { Server } from "../../../runtimes/deno.ts";
import { optionsOf, setup } from "../app.ts";

const orders = JSON.parse(Deno.args.at(-1));
const io = new Server(optionsOf(orders));
setup(io);
const onListen = ({ port }) => console.log(JSON.stringify({ port }));
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen, ...orders.certificate }, io.handler());
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
