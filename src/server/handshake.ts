import { type Query, readQuery } from "../engine/query.ts";
import type { RequestLike } from "../platform.ts";

/** What the app knows of how a client came: `socket.handshake`. */
export interface Handshake {
  /** Request headers by lower-case name. */
  headers: Record<string, string | string[] | undefined> & { [Name in SingleHeader]?: string };
  /** When the socket was made, as text. */
  time: string;
  /** Address of the client, or of the last proxy. */
  address: string;
  /** Whether the request names an origin. */
  xdomain: boolean;
  /** Whether it came over TLS. */
  secure: boolean;
  /** When the socket was made, in milliseconds since the Unix epoch. */
  issued: number;
  /** Path and query of the request. */
  url: string;
  /** The query, also with what the protocol itself put there. */
  query: Query;
  /** What the client gave as `auth`. */
  // oxlint-disable-next-line no-explicit-any
  auth: { [key: string]: any };
  /**
   * Aborted when the client leaves, or is refused, before its middlewares are done. Not enumerable.
   *
   * The platform calls its listeners: what they throw is an uncaught error of the process.
   */
  readonly signal: AbortSignal;
}

/** Headers that a request has at most once. */
type SingleHeader = "authorization" | "cookie" | "host" | "origin" | "referer" | "user-agent";

/** Reads the handshake of one socket out of its connection's first request. */
export function createHandshake(
  request: RequestLike,
  auth: Record<string, unknown>,
  issued: number,
  signal: () => AbortSignal,
): Handshake {
  const headers: Handshake["headers"] = {};
  request.headers.forEach((value, name) => (headers[name] = value));
  const handshake = {
    headers,
    time: String(new Date(issued)),
    address: request.remoteAddress,
    xdomain: request.headers.get("origin") !== null,
    secure: request.secure,
    issued,
    url: pathOf(request.url),
    query: readQuery(request.url) ?? {},
    auth,
  };
  Object.defineProperty(handshake, "signal", { get: signal });
  return handshake as Handshake;
}

function pathOf(url: string): string {
  if (url.startsWith("/")) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}
