import type { Session } from "./session.ts";

/** Why a request was refused, for the app. */
export interface ConnectionError {
  // The runtime has its own type.
  // oxlint-disable-next-line no-explicit-any
  readonly req: any;
  readonly code: number;
  readonly message: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Events of `io.engine`. */
export interface EngineEvents {
  connection: (conn: Session) => void;
  // Header objects and requests have the runtime's own types.
  // oxlint-disable-next-line no-explicit-any
  initial_headers: (headers: any, request: any) => void;
  // oxlint-disable-next-line no-explicit-any
  headers: (headers: any, request: any) => void;
  connection_error: (error: ConnectionError) => void;
}
