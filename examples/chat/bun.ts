/** The chat on Bun: the page, and the Socket.IO server beside it. */
import { Server } from "omnisocket";
import { chat } from "./app.mjs";
import { page } from "./page.mjs";

const io = new Server();
chat(io);

const server = Bun.serve({
  port: process.env["PORT"] ?? 3000,
  ...io.handler({
    async fetch(request) {
      const { body, ...rest } = await page(request.method, new URL(request.url).pathname, (file) => Bun.file(file).bytes());
      return new Response(body, rest);
    },
  }),
});
console.log(`Chat at http://localhost:${server.port}`);

async function stop(): Promise<void> {
  await io.close();
  await server.stop();
}

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
