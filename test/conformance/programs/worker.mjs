/** The app on Cloudflare: the Worker and its Durable Object. */
import { routeSocketIO, SocketIO } from "../../../runtimes/cloudflare.ts";
import { optionsOf, setup } from "../app.ts";

/** Instances made so far; the Worker itself outlives its objects. */
let constructed = 0;

export class App extends SocketIO {
  constructor(state, env) {
    super(state, env);
    constructed += 1;
  }

  options(env) {
    return optionsOf(env.ORDERS);
  }

  setup(io) {
    setup(io);
  }
}

// The platform looks the Worker up as the default export.
// oxlint-disable-next-line import/no-default-export
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/constructed") return new Response(String(constructed));
    return (await routeSocketIO(request, env.APP)) ?? new Response("Not found", { status: 404 });
  },
};
