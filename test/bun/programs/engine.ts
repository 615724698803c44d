import { Engine } from "../../../runtimes/bun.ts";
import { announce } from "../../deno/programs/app.ts";
import { app, options } from "../../engine-alone/app.ts";

const engine = new Engine(options);
app(engine);
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", ...engine.handler() });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
engine.close();
await server.stop();
