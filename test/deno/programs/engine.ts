import { Engine } from "../../../runtimes/deno.ts";
import { app, options } from "../../engine-alone/app.ts";
import { announce } from "./app.ts";

const engine = new Engine(options);
app(engine);
// Nothing but its own messages makes it look at what was sent.
const quiet = new Engine({ path: "/quiet" });
app(quiet);
const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => announce(port) }, engine.handler(quiet.handler()));
for await (const _ of Deno.stdin.readable);
engine.close();
quiet.close();
await server.shutdown();
