/** The app on Bun. */
import { Server } from "../../../runtimes/bun.ts";
import { optionsOf, setup } from "../app.ts";

const orders = JSON.parse(process.argv.at(-1));
const io = new Server(optionsOf(orders));
setup(io);
const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: orders.certificate, ...io.handler() });
console.log(JSON.stringify({ port: server.port }));
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
