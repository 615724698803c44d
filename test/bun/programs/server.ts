import { Server } from "../../../runtimes/bun.ts";
import { announce, app } from "../../deno/programs/app.ts";

const io = new Server({ cors: { origin: "*" }, limits: { bodyTimeout: Number(Bun.env["BODY_TIMEOUT"] ?? 30_000) } });
app(io);
// The shortest idle timeout that Bun has.
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 1, ...io.handler({ fetch: (request) => new Response(`app ${new URL(request.url).pathname}`) }) });
announce(server.port!);
for await (const _ of Bun.stdin.stream());
await io.close();
await server.stop();
