import { serve } from "h3";
import { Server } from "omnisocket";
import { createApp } from "./app.mjs";

const { PORT, HOST } = process.env;

const io = new Server();
const app = createApp(io);
app.all("/socket.io/**", ({ req }) => io.fetch(req, req.runtime?.bun?.server));

const server = serve(app, { port: PORT ?? 3000, hostname: HOST, silent: true, bun: { websocket: io.handler().websocket } });
await server.ready();
console.log(`The app is at ${server.url}`);
