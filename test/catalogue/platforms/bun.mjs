/** The server under test on Bun. */
import { Server } from "../../../runtimes/bun.ts";
import { Arrivals } from "./arrivals.mjs";

export const isOracle = false;

export async function listen(options) {
  const io = new Server(options);
  const arrivals = new Arrivals();
  const handler = io.handler({ fetch: () => new Response("app", { status: 404 }) });
  const fetch = (request, own) => {
    arrivals.come();
    return handler.fetch(request, own);
  };
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, ...handler, fetch });
  return {
    io,
    port: server.port,
    arrival: () => arrivals.next(),
    async stop() {
      await io.close();
      void server.stop(true);
    },
  };
}
