/** What a socket is to the app and to its namespace. */
import type { AdapterContract, SocketId } from "../adapter/adapter.ts";
import type { ExtendedError } from "./middleware.ts";
import type { NamespaceParts } from "./parts.ts";
import type { DisconnectReason } from "./reasons.ts";
import type { Recovery } from "./recovery.ts";
import type { RoomTopics } from "./room-topics.ts";

/** Events of a socket that are not the app's. */
export interface SocketReservedEvents {
  /** The socket is about to leave: its rooms are still there. */
  disconnecting: (reason: DisconnectReason, description?: unknown) => void;
  disconnect: (reason: DisconnectReason, description?: unknown) => void;
  /** The client broke the protocol, or a middleware of this socket refused an event. */
  error: (error: ExtendedError) => void;
}

/** An incoming event: its name and arguments. A middleware may change the array. */
// oxlint-disable-next-line no-explicit-any
export type Event = [eventName: string, ...args: any[]];

/** What a socket needs of its namespace. */
export interface SocketHome {
  readonly name: string;
  readonly adapter: AdapterContract;
  /** @internal */ readonly recovery: Recovery | undefined;
  /** @internal */ readonly topics: RoomTopics | undefined;
  /** @internal */ readonly parts: NamespaceParts;
  /** @internal */ nextAckId(): number;
  /** @internal */ socketClosed(id: SocketId): void;
}
