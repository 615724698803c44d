import type { Reply, RequestLike } from "../../src/index.ts";
import { type WebContext, toResponse } from "../../src/runtime.ts";
import { DenoRequest, type ServeInfo } from "./request.ts";

/** What serves requests: a server, or an engine. */
interface Service {
  matches(url: string): boolean;
  handle(request: RequestLike): Promise<Reply | undefined>;
}

/** Serves one request, WebSocket handshakes included; 404 for somebody else's. */
export async function serve(service: Service, request: Request, info: unknown): Promise<Response> {
  if (!service.matches(request.url)) return notFound();
  const asked = new DenoRequest(request, info as ServeInfo & WebContext);
  const reply = await service.handle(asked);
  asked.settle();
  return reply === undefined ? notFound() : toResponse(reply);
}

/** A handler for `Deno.serve`; somebody else's requests go to `app`. */
export function handlerOf(service: Service, app: Deno.ServeHandler = notFound): Deno.ServeHandler {
  return (request, info) => (service.matches(request.url) ? serve(service, request, info) : app(request, info));
}

function notFound(): Response {
  return new Response("Not found", { status: 404 });
}
