import { Server } from "omnisocket";
import { createApp } from "./app.ts";

const io = new Server();
io.on("connection", (socket) => socket.on("hello", (name, answer) => answer(`Hello, ${name}!`)));

Bun.serve({ port: 3000, fetch: createApp(io).fetch, websocket: io.handler().websocket });
