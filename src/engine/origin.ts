import type { RequestLike } from "../platform.ts";
import { type CorsDecision, type CorsOrigin, originMatches } from "./cors.ts";

/**
 * Whether the page that sent this request may have a connection: one decision for every transport, since a browser
 * applies CORS to polling but not to WebSocket. Resolves to the reason of a refusal, or `undefined`.
 */
export async function refuseOrigin(
  rule: "auto" | "any" | "same" | CorsOrigin,
  cors: CorsDecision | undefined,
  request: RequestLike,
): Promise<string | undefined> {
  const origin = request.headers.get("origin");
  if (rule === "any" || origin === null || isSameHost(origin, request.headers.get("host"))) return undefined;
  if (await isAllowed(rule, cors, request, origin)) return undefined;
  return cors === undefined
    ? "Origin not allowed: see the options cors and origin"
    : "Origin not allowed: see the option cors.origin";
}

function isAllowed(
  rule: "auto" | "same" | CorsOrigin,
  cors: CorsDecision | undefined,
  request: RequestLike,
  origin: string,
): boolean | Promise<boolean> {
  if (rule === "same") return false;
  if (rule !== "auto") return originMatches(rule, origin);
  if (cors !== undefined) return cors.allowed;
  // Without cookies a foreign page can do nothing that any other client could not.
  return request.headers.get("cookie") === null;
}

/** Ports and schemes are ignored: development servers and TLS proxies change them. */
function isSameHost(origin: string, host: string | null): boolean {
  if (host === null || !URL.canParse(origin) || !URL.canParse(`http://${host}`)) return false;
  return new URL(origin).hostname === new URL(`http://${host}`).hostname;
}
