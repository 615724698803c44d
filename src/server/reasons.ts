import type { CloseReason } from "../engine/close-reason.ts";

/** Why a socket left its namespace. */
export type DisconnectReason =
  | CloseReason
  | "server shutting down"
  | "forced server close"
  | "client namespace disconnect"
  | "server namespace disconnect";

/** Event names that belong to the library: neither side may emit them. */
export const reservedEvents: ReadonlySet<string | symbol> = new Set([
  "connect",
  "connect_error",
  "disconnect",
  "disconnecting",
  "newListener",
  "removeListener",
]);

/** Event names that servers may not send each other. */
export const reservedServerEvents: ReadonlySet<string | symbol> = new Set(["connect", "connection", "new_namespace"]);

/** Throws when `event` is a name that the app may not emit. */
export function assertNotReserved(event: string | symbol): void {
  if (reservedEvents.has(event)) throw new Error(`"${String(event)}" is a reserved event name`);
}

/** An acknowledgement was awaited from a socket that has left. */
export class SocketDisconnectedError extends Error {
  override readonly name = "SocketDisconnectedError";

  constructor() {
    super("socket has been disconnected");
  }
}
