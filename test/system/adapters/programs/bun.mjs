import { Server } from "../../../../runtimes/bun.ts";
import { app } from "../../../adapters/app.ts";
import { carryOut } from "./orders.ts";

const { options, close } = await carryOut(process.argv[2]);
const io = new Server(options);
app(io, "bun");
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...io.handler() });
console.log(JSON.stringify({ port: server.port }));
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
await close();
process.exit();
