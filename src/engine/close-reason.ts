/** Why a connection ended, as the app's `disconnect` and `close` listeners read it. */
export type CloseReason = "transport error" | "transport close" | "forced close" | "ping timeout" | "parse error";

/** The fault behind a `transport error`; `code` is for programs, where there is one. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: "PAYLOAD_TOO_LARGE" | "SLOW_CONSUMER" | undefined;
  /** @internal The limit that a runtime has enforced by itself, and that is still to be told of. */
  readonly limit: string | undefined;

  constructor(message: string, code?: "PAYLOAD_TOO_LARGE" | "SLOW_CONSUMER", limit?: string) {
    super(message);
    this.code = code;
    this.limit = limit;
  }
}
