import type { Reply, RequestLike } from "../../src/index.ts";
import { type WebContext, toResponse } from "../../src/runtime.ts";
import { DenoRequest, type ServeInfo } from "./request.ts";

/** What serves requests: a server, or an engine. */
interface Service {
  matches(url: string): boolean;
  handle(request: RequestLike): Promise<Reply | undefined>;
}

/** Serves one request, WebSocket handshakes included; 404 for somebody else's. */
export function serve(service: Service, request: Request, info: unknown): Promise<Response> {
  return service.matches(request.url) ? serveOwn(service, request, info) : Promise.resolve(notFound());
}

/** A handler for `Deno.serve`; somebody else's requests go to `app`. */
export function handlerOf(service: Service, app: Deno.ServeHandler = notFound): Deno.ServeHandler {
  return (request, info) => (service.matches(request.url) ? serveOwn(service, request, info) : app(request, info));
}

async function serveOwn(service: Service, request: Request, info: unknown): Promise<Response> {
  const asked = new DenoRequest(request, info as ServeInfo & WebContext);
  const reply = await service.handle(asked);
  asked.settle();
  return reply === undefined ? notFound() : toResponse(reply);
}

function notFound(): Response {
  return new Response("Not found", { status: 404 });
}
