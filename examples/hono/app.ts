/** A Hono app with Socket.IO inside. It knows no runtime: Hono's `c.env` is what the runtime tells of a request. */
import { Hono } from "hono";

interface Io {
  fetch(request: Request, context: unknown): Promise<Response>;
}

export function createApp(io: Io): Hono {
  const app = new Hono();
  app.get("/", (c) => c.text("Socket.IO is at /socket.io/"));
  app.all("/socket.io/*", (c) => io.fetch(c.req.raw, c.env));
  return app;
}
