import { Server } from "../../../../runtimes/deno.ts";
import { app } from "../../../adapters/app.ts";
import { carryOut } from "./orders.ts";

const { options, close } = await carryOut(Deno.args[0]);
const io = new Server(options);
app(io, "deno");
const onListen = ({ port }) => console.log(JSON.stringify({ port }));
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen }, io.handler());
for await (const _ of Deno.stdin.readable);
await io.close();
await server.shutdown();
await close();
Deno.exit();
