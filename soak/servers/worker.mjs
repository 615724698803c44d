/** The server of the soak tests in a Durable Object. */
import { SocketIO, routeSocketIO } from "../../dist/cloudflare.js";
import { App as SoakApp, obey } from "../app.mjs";

// What only processes have: its memory and time are told by the program that drives workerd.
globalThis.process = { on() {}, memoryUsage: () => ({}), cpuUsage: () => ({ user: 0, system: 0 }) };

export class App extends SocketIO {
  #app;

  options(env) {
    return env.OPTIONS;
  }

  setup(io) {
    this.#app = new SoakApp(io);
  }

  async onRequest(request) {
    return Response.json((await obey(this.#app, request.url)) ?? null);
  }
}

// The platform looks the Worker up as the default export.
// oxlint-disable-next-line import/no-default-export
export default {
  async fetch(request, env) {
    return (await routeSocketIO(request, env.APP)) ?? env.APP.getByName("main").fetch(request);
  },
};
