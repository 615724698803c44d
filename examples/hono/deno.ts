import { Server } from "omnisocket";
import { createApp } from "./app.ts";

const io = new Server();
io.on("connection", (socket) => socket.on("hello", (name, answer) => answer(`Hello, ${name}!`)));

Deno.serve({ port: 3000 }, createApp(io).fetch);
