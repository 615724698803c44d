/** The chat on Cloudflare: the page is an asset, and one Durable Object is the Socket.IO server. */
import { type Server, type ServerOptions, SocketIO, routeSocketIO } from "omnisocket/cloudflare";
import { clientFiles } from "omnisocket/client-files";
import { chat } from "./app.mjs";

interface Env {
  CHAT: DurableObjectNamespace<Chat>;
  PAGE: Fetcher;
}

export class Chat extends SocketIO<Env> {
  protected override options(): ServerOptions {
    return { clientFiles };
  }

  protected override setup(io: Server): void {
    chat(io);
  }
}

// Workers look for the default export.
// oxlint-disable-next-line no-default-export
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    return (await routeSocketIO(request, env.CHAT)) ?? env.PAGE.fetch(request);
  },
};
