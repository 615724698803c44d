/** The server under test on Deno. */
import { Server } from "../../../runtimes/deno.ts";
import { Arrivals } from "./arrivals.mjs";

export const isOracle = false;

export async function listen(options) {
  const io = new Server(options);
  const arrivals = new Arrivals();
  const handler = io.handler(() => new Response("app", { status: 404 }));
  const abort = new AbortController();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, signal: abort.signal }, (request, info) => {
    arrivals.come();
    return handler(request, info);
  });
  return {
    io,
    port: server.addr.port,
    arrival: () => arrivals.next(),
    async stop() {
      await io.close();
      abort.abort();
    },
  };
}
