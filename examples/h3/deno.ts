import { serve } from "h3";
import { Server } from "omnisocket";
import { createApp } from "./app.mjs";

const port = Deno.env.get("PORT") ?? 3000;
const hostname = Deno.env.get("HOST") ?? "localhost";

const io = new Server();
const app = createApp(io);
app.all("/socket.io/**", ({ req }) => io.fetch(req, req.runtime?.deno?.info));

const server = serve(app, { port, hostname, silent: true });
await server.ready();
console.log(`The app is at ${server.url}`);
