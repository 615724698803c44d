import type { Session } from "../engine/session.ts";
import type { DeadlineQueue } from "../schedule.ts";
import type { NamespaceParts } from "./parts.ts";
import type { Peer } from "./peer.ts";

/** What a peer needs of the server. */
export interface PeerHome {
  readonly parts: NamespaceParts;
  /** Ends connections that have not joined a namespace in time. */
  readonly unjoined: DeadlineQueue<Peer>;
  /** Peers that have not joined a namespace. */
  unjoinedCount: number;
  /** Finds the namespace and its middlewares' verdict; ends in `joined` or `refuse`. */
  connect(peer: Peer, name: string, auth: Record<string, unknown>): void;
  limitHit(name: string, session: Session): void;
}
