/** Ends in good order on Deno. */
import { Server } from "../../runtimes/deno.ts";
import { chatter } from "./app.mjs";

const io = new Server();
const lastWords = chatter(io);
const onListen = ({ port }) => console.log(JSON.stringify({ port, pid: Deno.pid }));
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, io.handler());

Deno.addSignalListener("SIGTERM", async () => {
  lastWords();
  await io.close({ drain: 5000, spread: 200 });
  await server.shutdown();
  Deno.exit();
});
