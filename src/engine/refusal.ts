import type { Reply, RequestLike } from "../platform.ts";

/** Why a request is not served: what the client reads, and the context that the app's `connection_error` gets. */
export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfter?: number;
  /** The limit that the request ran into. */
  readonly limit?: string;
}

/** The errors of the Engine.IO protocol, and their HTTP status. */
export const refusals = {
  unknownTransport: { status: 400, code: 0, message: "Transport unknown" },
  unknownSession: { status: 400, code: 1, message: "Session ID unknown" },
  badMethod: { status: 400, code: 2, message: "Bad handshake method" },
  badRequest: { status: 400, code: 3, message: "Bad request" },
  forbidden: { status: 403, code: 4, message: "Forbidden" },
  unsupportedProtocol: { status: 400, code: 5, message: "Unsupported protocol version" },
  urlTooLong: { status: 414, code: 3, message: "Bad request", limit: "maxUrlLength" },
  overloaded: { status: 503, code: 3, message: "Server is busy", retryAfter: 5 },
  timeout: { status: 503, code: 3, message: "Server did not decide in time", retryAfter: 5, limit: "middlewareTimeout" },
} as const satisfies Record<string, Refusal>;

/** `refusal` with a context for the app. */
export function because(refusal: Refusal, context: Record<string, unknown>): Refusal {
  return { ...refusal, context };
}

/** The one place that turns a refusal into HTTP: JSON over polling, plain text before a WebSocket exists. */
export function refusalReply(refusal: Refusal, request: RequestLike): Reply {
  const retry = refusal.retryAfter === undefined ? {} : { "retry-after": String(refusal.retryAfter) };
  if (request.upgrade !== undefined) {
    return { status: refusal.status, headers: { "content-type": "text/html", connection: "close", ...retry }, body: refusal.message };
  }
  const body = JSON.stringify({ code: refusal.code, message: refusal.message });
  return { status: refusal.status, headers: { "content-type": "application/json", ...retry }, body };
}
