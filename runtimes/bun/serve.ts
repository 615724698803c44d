import type { Engine, Reply, RequestLike, Upgrade } from "../../src/index.ts";
import { type WebContext, WebRequest, toHeaders, toResponse } from "../../src/runtime.ts";
import { asksForWebSocket } from "../handshake.ts";
import { type BunApp, type BunHandler, composeWebSocket } from "./serve-options.ts";
import { OurSocket } from "./websocket.ts";

/** What serves requests: a server, or an engine. */
interface Service {
  matches(url: string): boolean;
  handle(request: RequestLike): Promise<Reply | undefined>;
}

/** What a server of Bun's does for one request. */
type BunServer = Pick<Bun.Server<unknown>, "upgrade" | "requestIP" | "timeout" | "publish">;

/** Seconds after which Bun ends a connection without traffic, unless told otherwise. */
const IDLE_TIMEOUT = 10;

/** Bytes that a client sends without waiting for the server: ten segments (RFC 6928). */
const AT_ONCE = 14_600;

/** The request has become a WebSocket. */
const upgraded = Symbol("upgraded");

/** What `Bun.serve` takes, composed of ours and the app's. */
export function handlerOf<Data, Paths extends string>(
  service: Service,
  { path, options }: { readonly path: string; readonly options: Engine["opts"] },
  app: BunApp<Data, Paths>,
): BunHandler<Data, Paths> {
  const ours = (request: Request, server: Bun.Server<Data>) => answer(service, request, server as BunServer);
  const theirs = async (request: Request, server: Bun.Server<Data>) => (app.fetch === undefined ? notFound() : app.fetch(request, server));
  // A route such as "/*" comes before `fetch`.
  const routes = { [`${path}/*`]: ours, ...(service.matches(path) && { [path || "/"]: ours }) };
  return {
    fetch: (request, server) => (service.matches(request.url) ? ours(request, server) : theirs(request, server)),
    ...(app.routes && { routes: { ...app.routes, ...routes } }),
    websocket: composeWebSocket(options, app.websocket),
  };
}

/** Serves one request, WebSocket handshakes included (the response is empty then); 404 for somebody else's. */
export async function serve(service: Service, request: Request, server: unknown): Promise<Response> {
  if (!service.matches(request.url)) return notFound();
  if (isBunServer(server)) return (await answer(service, request, server)) ?? new Response(null);
  const asked = new WebRequest(request, server as WebContext);
  const reply = await service.handle(asked);
  asked.settle();
  return reply === undefined ? notFound() : toResponse(reply);
}

async function answer(service: Service, request: Request, server: BunServer): Promise<Response | undefined> {
  const upgrade = asksForWebSocket(request) ? upgradeOf(request, server) : undefined;
  const mayWait = upgrade === undefined && (request.method === "GET" || isSentInTurns(request));
  if (mayWait) server.timeout(request, 0);
  const context = {
    upgrade,
    tellsOfLostReplies: true,
    get remoteAddress() {
      return server.requestIP(request)?.address;
    },
  };
  const asked = new WebRequest(request, context);
  const reply = await service.handle(asked);
  asked.settle();
  // Otherwise the connection would stay open for ever once it is idle.
  if (mayWait) server.timeout(request, IDLE_TIMEOUT);
  if (reply === undefined) return notFound();
  return reply.native === upgraded ? undefined : toResponse(reply);
}

/** Whether there may be pauses in the body, which `bodyTimeout` judges. To let go of Bun's timeout costs too much for each small POST. */
function isSentInTurns({ method, headers }: Request): boolean {
  if (method !== "POST") return false;
  const length = headers.get("content-length");
  return length === null || Number(length) > AT_ONCE;
}

function isBunServer(server: unknown): server is BunServer {
  return typeof server === "object" && server !== null && "requestIP" in server;
}

function upgradeOf(request: Request, server: BunServer): Upgrade {
  return (handler, headers) => {
    const done = server.upgrade(request, { data: new OurSocket(handler, server), headers: toHeaders(headers) });
    return done ? { status: 101, headers: {}, native: upgraded } : { status: 400, headers: {} };
  };
}

function notFound(): Response {
  return new Response("Not found", { status: 404 });
}
