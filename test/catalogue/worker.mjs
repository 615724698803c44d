/** The catalogue inside a Durable Object: its servers share the object, and the one that was started last has the requests. */
import { DurableObject } from "cloudflare:workers";
import { loadRows } from "./rows.ts";
import { servers } from "./platforms/cloudflare.mjs";
import { runAll } from "./runner.mjs";

export class Catalogue extends DurableObject {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/catalogue") return servers.fetch(request);
    servers.start(this.ctx, this.env, Number(searchParams.get("port")));
    await loadRows();
    const outcomes = [];
    await runAll(JSON.parse(searchParams.get("differing")), (outcome) => void outcomes.push(outcome));
    return Response.json(outcomes);
  }

  webSocketMessage(ws, message) {
    servers.of(ws)?.webSocketMessage(ws, message);
  }

  webSocketClose(ws, code, reason) {
    servers.of(ws)?.webSocketClose(ws, code, reason);
  }

  webSocketError(ws, error) {
    servers.of(ws)?.webSocketError(ws, error);
  }

  alarm() {
    return servers.alarm();
  }
}

// The platform looks the Worker up as the default export.
// oxlint-disable-next-line import/no-default-export
export default {
  fetch: (request, env) => env.CATALOGUE.getByName("main").fetch(request),
};
