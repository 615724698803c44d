/** The benchmark's server as a Durable Object. */
import { SocketIO, routeSocketIO } from "../../dist/cloudflare.js";
import { app } from "../app.mjs";

export class Room extends SocketIO {
  setup(io) {
    app(io);
  }

  onRequest() {
    return Response.json({ rss: 0, heapUsed: 0, cpuUserMicros: 0, cpuSysMicros: 0, clients: this.io.engine.clientsCount });
  }
}

// Workers look for the default export.
// oxlint-disable-next-line no-default-export
export default {
  async fetch(request, env) {
    if (request.url.endsWith("/stats")) return env.ROOM.get(env.ROOM.idFromName("main")).fetch(request);
    return (await routeSocketIO(request, env.ROOM)) ?? new Response(null, { status: 404 });
  },
};
