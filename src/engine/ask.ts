import type { RequestLike } from "../platform.ts";
import type { Limits } from "./limits.ts";
import type { ResolvedEngineOptions, TransportName } from "./options.ts";
import type { PollingForm } from "./polling-form.ts";
import { type Refusal, because, refusals } from "./refusal.ts";
import { type Revision, revision3, revision4 } from "./revision.ts";

/** Query parameters as users see them: a repeated one is an array. */
export type Query = Record<string, string | string[] | undefined>;

/** What a request wants, read once; everything after switches on `kind`. */
export type Ask =
  | HandshakeAsk
  | PollingAsk
  | { readonly kind: "upgrade"; readonly sid: string; readonly query: Query }
  | { readonly kind: "not-allowed" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface HandshakeAsk {
  readonly kind: "handshake";
  readonly transport: TransportName;
  readonly revision: Revision;
  readonly form: PollingForm;
  readonly query: Query;
}

/** A request of a polling session. */
export interface PollingAsk {
  readonly kind: "poll" | "post";
  readonly sid: string;
  readonly form: PollingForm;
  readonly query: Query;
}

/** What `readAsk` must know of the session that a request names. */
export interface KnownSession {
  readonly revision: Revision;
  readonly transportName: TransportName;
  /** Whether it began with polling; only then may a WebSocket take over. */
  readonly startedPolling: boolean;
}

const controlParameters = ["EIO", "transport", "sid", "j", "b64", "t"];

/** A query that is more than names and values as they are. */
const notPlain = /[^\w.~=&-]/;

/** Characters that must not be in an `Origin` header; not every platform refuses them. */
// oxlint-disable-next-line no-control-regex
const invalidOrigin = /[\x00-\x08\x0a-\x1f\x7f]/;

/** `/path?<EIO, transport, sid, t …>`: see the Engine.IO protocol, revision 4, "HTTP long-polling" and "Upgrade". */
export function readAsk(
  request: RequestLike,
  options: ResolvedEngineOptions,
  findSession: (sid: string) => KnownSession | undefined,
): Ask {
  const { limits } = options;
  if (isTooLong(request.url, limits)) return refuse(refusals.urlTooLong);
  if (request.url.startsWith("//")) return refuse(because(refusals.badRequest, { name: "INVALID_URL" }));
  const query = readQuery(request.url, limits.maxQueryParameters);
  if (query === undefined) return refuse(because({ ...refusals.badRequest, limit: "maxQueryParameters" }, { name: "TOO_MANY_PARAMETERS" }));
  if (controlParameters.some((name) => Array.isArray(query[name]))) {
    return refuse(because(refusals.badRequest, { name: "DUPLICATE_PARAMETER" }));
  }
  const transport = query["transport"] as string | undefined;
  if (!isTransport(transport, options)) return refuse(because(refusals.unknownTransport, { transport }));
  const origin = request.headers.get("origin");
  if (origin !== null && invalidOrigin.test(origin)) {
    return refuse(because(refusals.badRequest, { name: "INVALID_ORIGIN", origin }));
  }
  return query["sid"] === undefined
    ? readHandshake(request, transport, query, options)
    : readContinuation(request, transport, query, options, findSession);
}

/** Whether path and query are too long. Where the platform gives whole URLs, the origin does not count. */
export function isTooLong(url: string, { maxUrlLength }: Pick<Limits, "maxUrlLength">): boolean {
  const origin = url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", url.indexOf("://") + 3));
  return url.length - origin > maxUrlLength;
}

function readHandshake(request: RequestLike, transport: TransportName, query: Query, options: ResolvedEngineOptions): Ask {
  const upgrading = request.upgrade !== undefined;
  if (request.method !== "GET") return refuse(because(refusals.badMethod, { method: request.method }));
  if (upgrading !== (transport === "websocket")) {
    return refuse(because(refusals.badRequest, { name: "TRANSPORT_HANDSHAKE_ERROR" }));
  }
  const revision = revisionOf(query);
  if (revision === revision3 && !options.allowEIO3) {
    return refuse(because(refusals.unsupportedProtocol, { protocol: 3, received: query["EIO"] }));
  }
  const form = revision.pollingForm(query);
  return form === undefined ? badRequest("INVALID_JSONP_INDEX") : { kind: "handshake", transport, revision, form, query };
}

function readContinuation(
  request: RequestLike,
  transport: TransportName,
  query: Query,
  options: ResolvedEngineOptions,
  findSession: (sid: string) => KnownSession | undefined,
): Ask {
  const sid = query["sid"] as string;
  const session = findSession(sid);
  if (session === undefined) return refuse(because(refusals.unknownSession, { sid }));
  if (revisionOf(query) !== session.revision) return badRequest("PROTOCOL_MISMATCH");
  if (request.upgrade !== undefined) {
    if (request.method !== "GET") return refuse(because(refusals.badMethod, { method: request.method }));
    if (transport !== "websocket") return badRequest("TRANSPORT_MISMATCH");
    if (!options.allowUpgrades || !session.startedPolling) return badRequest("UPGRADE_NOT_ALLOWED");
    return { kind: "upgrade", sid, query };
  }
  if (transport !== session.transportName) return badRequest("TRANSPORT_MISMATCH");
  if (transport === "websocket") return badRequest("TRANSPORT_HANDSHAKE_ERROR");
  const form = session.revision.pollingForm(query);
  if (form === undefined) return badRequest("INVALID_JSONP_INDEX");
  if (request.method === "GET") return { kind: "poll", sid, form, query };
  return request.method === "POST" ? { kind: "post", sid, form, query } : { kind: "not-allowed" };
}

/** Clients of revision 3 need not say so. */
function revisionOf(query: Query): Revision {
  return query["EIO"] === "4" ? revision4 : revision3;
}

/** The query of a URL, or `undefined` when it has more than `maxParameters` parameters. */
export function readQuery(url: string, maxParameters = Infinity): Query | undefined {
  const query: Query = Object.create(null) as Query;
  const start = url.indexOf("?");
  if (start === -1) return query;
  const text = url.slice(start + 1);
  let count = 0;
  for (const [name, value] of notPlain.test(text) ? new URLSearchParams(withoutFragment(text)) : plainParameters(text)) {
    if (++count > maxParameters) return undefined;
    const present = query[name];
    if (present === undefined) query[name] = value;
    else if (typeof present === "string") query[name] = [present, value];
    else present.push(value);
  }
  return query;
}

/** Parameters of which nothing must be decoded, such as polling clients send all the time. */
function plainParameters(text: string): readonly (readonly [string, string])[] {
  const parameters: (readonly [string, string])[] = [];
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    if (part !== "") parameters.push(at === -1 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)]);
  }
  return parameters;
}

function withoutFragment(text: string): string {
  const end = text.indexOf("#");
  return end === -1 ? text : text.slice(0, end);
}

function isTransport(name: string | undefined, options: ResolvedEngineOptions): name is TransportName {
  return options.transports.some((offered) => offered === name);
}

function badRequest(name: string): Ask {
  return refuse(because(refusals.badRequest, { name }));
}

function refuse(refusal: Refusal): Ask {
  return { kind: "refused", refusal };
}
