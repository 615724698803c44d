import { type SessionSnapshot, snapshotSession } from "../engine/snapshot.ts";
import type { Session } from "../engine/session.ts";
import type { SocketId } from "../adapter/adapter.ts";
import type { WebSocketLike } from "../platform.ts";
import { Peer } from "./peer.ts";
import type { AuthSizes } from "./peer-sockets.ts";

/** A connection and its sockets as plain data, which structured cloning can copy. */
export interface ConnectionSnapshot {
  readonly session: SessionSnapshot;
  readonly peer: PeerSnapshot;
}

/** A connection that was saved, and its WebSocket where it has one. */
export interface SavedConnection {
  readonly snapshot: ConnectionSnapshot;
  readonly ws?: WebSocketLike | undefined;
}

/** What is kept of a peer. */
export interface PeerSnapshot {
  /** Its place in the order in which connections and sockets came. Absent in what was kept before it was told. */
  readonly arrival?: number | undefined;
  readonly sockets: readonly SocketSnapshot[];
  readonly refusals: number;
  /** Namespaces that the server has ended. */
  readonly left: readonly string[];
  /** By when it must join a namespace, in milliseconds since the Unix epoch; absent once it has. */
  readonly connectDue?: number | undefined;
  /** Absent in what was kept before there was a bound. */
  readonly auths?: AuthSizes | undefined;
}

/** What is kept of a socket. */
export interface SocketSnapshot {
  readonly id: SocketId;
  readonly nsp: string;
  readonly auth: Record<string, unknown>;
  readonly issued: number;
  readonly data: unknown;
  /** What its client shows when it comes back. */
  readonly pid: string | undefined;
  /** Its place in the order in which connections and sockets came. */
  readonly arrival?: number | undefined;
  readonly rooms: readonly string[];
  /** Acknowledgement ids that its namespace has used: a late answer must not be taken for another's. */
  readonly ackIds: number;
}

/** The snapshot of an open connection; `undefined` for one that ends. */
export function snapshotConnection(session: Session): ConnectionSnapshot | undefined {
  const { handler } = session;
  if (session.readyState !== "open" || !(handler instanceof Peer)) return undefined;
  return { session: snapshotSession(session), peer: handler.snapshot() };
}
