import type { RequestLike } from "../platform.ts";
import type { Limits } from "./limits.ts";
import type { ResolvedEngineOptions, TransportName } from "./options.ts";
import type { PollingForm } from "./polling-form.ts";
import { type Parameters, readParameters } from "./query.ts";
import { type Refusal, because, refusals } from "./refusal.ts";
import { type Revision, revision3, revision4 } from "./revision.ts";

/** What a request wants, read once; everything after switches on `kind`. */
export type Ask =
  | HandshakeAsk
  | PollingAsk
  | { readonly kind: "upgrade"; readonly sid: string }
  | { readonly kind: "not-allowed" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface HandshakeAsk {
  readonly kind: "handshake";
  readonly transport: TransportName;
  readonly revision: Revision;
  readonly form: PollingForm;
}

/** A request of a polling session. */
export interface PollingAsk {
  readonly kind: "poll" | "post";
  readonly sid: string;
  readonly form: PollingForm;
  /** The client's mark of this request. */
  readonly stamp: string | undefined;
}

/** What `readAsk` must know of the session that a request names. */
export interface KnownSession {
  readonly revision: Revision;
  readonly transportName: TransportName;
  /** Whether it began with polling; only then may a WebSocket take over. */
  readonly startedPolling: boolean;
}

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
  const parameters = readParameters(request.url, limits.maxQueryParameters);
  if (parameters === "too many") return refuse(because({ ...refusals.badRequest, limit: "maxQueryParameters" }, { name: "TOO_MANY_PARAMETERS" }));
  if (parameters === "repeated") return badRequest("DUPLICATE_PARAMETER");
  const { transport, sid } = parameters;
  if (!isTransport(transport, options)) return refuse(because(refusals.unknownTransport, { transport }));
  const origin = request.headers.get("origin");
  if (origin !== null && invalidOrigin.test(origin)) {
    return refuse(because(refusals.badRequest, { name: "INVALID_ORIGIN", origin }));
  }
  return sid === undefined
    ? readHandshake(request, transport, parameters, options)
    : readContinuation(request, transport, parameters, sid, options, findSession);
}

/** Whether path and query are too long. Where the platform gives whole URLs, the origin does not count. */
export function isTooLong(url: string, { maxUrlLength }: Pick<Limits, "maxUrlLength">): boolean {
  const origin = url.startsWith("/") ? 0 : Math.max(0, url.indexOf("/", url.indexOf("://") + 3));
  return url.length - origin > maxUrlLength;
}

function readHandshake(request: RequestLike, transport: TransportName, parameters: Parameters, options: ResolvedEngineOptions): Ask {
  const upgrading = request.upgrade !== undefined;
  if (request.method !== "GET") return refuse(because(refusals.badMethod, { method: request.method }));
  if (upgrading !== (transport === "websocket")) {
    return refuse(because(refusals.badRequest, { name: "TRANSPORT_HANDSHAKE_ERROR" }));
  }
  const revision = revisionOf(parameters);
  if (revision === revision3 && !options.allowEIO3) {
    return refuse(because(refusals.unsupportedProtocol, { protocol: 3, received: parameters.EIO }));
  }
  const form = revision.pollingForm(parameters);
  return form === undefined ? badRequest("INVALID_JSONP_INDEX") : { kind: "handshake", transport, revision, form };
}

function readContinuation(
  request: RequestLike,
  transport: TransportName,
  parameters: Parameters,
  sid: string,
  options: ResolvedEngineOptions,
  findSession: (sid: string) => KnownSession | undefined,
): Ask {
  const session = findSession(sid);
  if (session === undefined) return refuse(because(refusals.unknownSession, { sid }));
  if (revisionOf(parameters) !== session.revision) return badRequest("PROTOCOL_MISMATCH");
  if (request.upgrade !== undefined) {
    if (request.method !== "GET") return refuse(because(refusals.badMethod, { method: request.method }));
    if (transport !== "websocket") return badRequest("TRANSPORT_MISMATCH");
    if (!options.allowUpgrades || !session.startedPolling) return badRequest("UPGRADE_NOT_ALLOWED");
    return { kind: "upgrade", sid };
  }
  if (transport !== session.transportName) return badRequest("TRANSPORT_MISMATCH");
  if (transport === "websocket") return badRequest("TRANSPORT_HANDSHAKE_ERROR");
  const form = session.revision.pollingForm(parameters);
  if (form === undefined) return badRequest("INVALID_JSONP_INDEX");
  const stamp = parameters.t;
  if (request.method === "GET") return { kind: "poll", sid, form, stamp };
  return request.method === "POST" ? { kind: "post", sid, form, stamp } : { kind: "not-allowed" };
}

/** Clients of revision 3 need not say so. */
function revisionOf({ EIO }: Parameters): Revision {
  return EIO === "4" ? revision4 : revision3;
}

function isTransport(name: string | undefined, { transports }: { readonly transports: readonly unknown[] }): name is TransportName {
  return transports.includes(name);
}

function badRequest(name: string): Ask {
  return refuse(because(refusals.badRequest, { name }));
}

function refuse(refusal: Refusal): Ask {
  return { kind: "refused", refusal };
}
