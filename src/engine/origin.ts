import type { RequestLike } from "../platform.ts";
import { type CorsDecision, type CorsOrigin, originMatches } from "./cors.ts";
import type { PollingForm } from "./polling-form.ts";

/** The origin of the page that sent this handshake; `null` where it is not told, as by clients that are no pages. */
export function pageOf({ headers }: RequestLike, { isScript }: PollingForm): string | null {
  const origin = headers.get("origin");
  return origin !== null || isScript !== true ? origin : pageOfScript(headers);
}

/** Browsers send no `Origin` with a script. A page can hide its `Referer`, but not `Sec-Fetch-Site`. */
function pageOfScript(headers: RequestLike["headers"]): string | null {
  const referer = headers.get("referer");
  if (referer !== null) return URL.canParse(referer) ? new URL(referer).origin : "null";
  const site = headers.get("sec-fetch-site");
  return site === "cross-site" || site === "same-site" ? "null" : null;
}

/** A handshake of a page. */
interface Visit {
  readonly cors: CorsDecision | undefined;
  readonly request: RequestLike;
  readonly page: string;
  /** Hears how a function of the app failed after it had answered. */
  readonly failedLate: (error: unknown) => void;
}

/**
 * Whether the page that sent this request may have a connection: one decision for every transport, since a browser
 * applies CORS to polling but not to WebSocket. Resolves to the reason of a refusal, or `undefined`.
 */
export async function refuseOrigin(
  rule: "auto" | "any" | "same" | CorsOrigin,
  visit: Visit,
): Promise<string | undefined> {
  const { cors, request, page } = visit;
  if (rule === "any" || isSameHost(page, request.headers.get("host"))) return undefined;
  if (await isAllowed(rule, visit)) return undefined;
  return cors === undefined
    ? "Origin not allowed: see the options cors and origin"
    : "Origin not allowed: see the option cors.origin";
}

function isAllowed(
  rule: "auto" | "same" | CorsOrigin,
  { cors, request, page, failedLate }: Visit,
): boolean | Promise<boolean> {
  if (rule === "same") return false;
  if (rule !== "auto") return originMatches(rule, page, failedLate);
  if (cors !== undefined) return request.headers.get("origin") === page ? cors.allowed : originMatches(cors.options.origin ?? "*", page, failedLate);
  // Without cookies a foreign page can do nothing that any other client could not.
  return request.headers.get("cookie") === null;
}

/** Ports and schemes are ignored: development servers and TLS proxies change them. */
function isSameHost(origin: string, host: string | null): boolean {
  if (host === null || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false;
  return new URL(origin).hostname === new URL(`http://${host}`).hostname;
}
