/** The chat on Deno: the page, and the Socket.IO server beside it. */
import { Server } from "omnisocket";
import { clientFiles } from "omnisocket/client-files";
import { chat } from "./app.mjs";
import { page } from "./page.mjs";

const io = new Server({ clientFiles });
chat(io);

const options = { port: Number(Deno.env.get("PORT") ?? 3000), onListen: ({ port }: Deno.NetAddr) => console.log(`Chat at http://localhost:${port}`) };
const server = Deno.serve(options, io.handler(async (request) => {
  const { body, ...rest } = await page(request.method, new URL(request.url).pathname, Deno.readFile);
  return new Response(body, rest);
}));

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await io.close();
    await server.shutdown();
    Deno.exit();
  });
}
