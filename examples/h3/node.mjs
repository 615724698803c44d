import { createServer } from "node:http";
import { toNodeHandler } from "h3";
import { Server } from "omnisocket";
import { createApp } from "./app.mjs";

const { PORT, HOST } = process.env;

const io = new Server();
const server = createServer(toNodeHandler(createApp(io)));
io.attach(server);

server.listen(PORT ?? 3000, HOST, () => console.log(`The app is at http://localhost:${server.address().port}`));

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => io.close());
