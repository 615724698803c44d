import type { EngineHandler, SessionHandler } from "../engine/session-contract.ts";
import type { Session } from "../engine/session.ts";
import type { DeadlineQueue } from "../schedule.ts";
import { failed, refusalOf } from "./middleware.ts";
import type { NamespaceParts } from "./parts.ts";
import { type ForeignConnection, ForeignCarrier } from "./carrier.ts";
import type { PeerSnapshot, SocketSnapshot } from "./snapshot.ts";
import { Peer } from "./peer.ts";
import type { PeerHome } from "./peer-home.ts";

/** What the namespaces say to a client that wants to join one. */
export interface NamespaceFinder {
  /** Whoever gets a namespace calls `admit`, `restore` or `release` of it. */
  find(name: string, auth: Record<string, unknown>): Promise<Admission | "unknown" | "timeout">;
}

interface Admission {
  admit(peer: Peer, auth: Record<string, unknown>): Promise<void>;
  release(): void;
  restore(peer: Peer, snapshot: SocketSnapshot): () => void;
}

/** What clients read that do not get a namespace. */
const refusals = { unknown: "Invalid namespace", timeout: "timeout", failed: refusalOf(failed).message } as const;

/** A namespace, or why there is none. */
type Found = Admission | keyof typeof refusals;

/** The clients of one server, between the engine below and the namespaces above. */
export class Connections implements EngineHandler, PeerHome {
  readonly parts: NamespaceParts;
  readonly unjoined: DeadlineQueue<Peer>;
  unjoinedCount = 0;
  readonly #namespaces: NamespaceFinder;

  constructor(parts: NamespaceParts, namespaces: NamespaceFinder) {
    this.parts = parts;
    this.unjoined = parts.schedule.queue((peer: Peer) => peer.connectTimedOut());
    this.#namespaces = namespaces;
  }

  connected(session: Session): SessionHandler {
    this.parts.logs.server?.("a client connects over %s", session.transport.name);
    const peer = new Peer(session, this);
    peer.start();
    return peer;
  }

  /** The server goes, and with it this connection. */
  shutDown(session: Session): void {
    // Whatever the engine opens gets a peer in `connected`.
    (session.handler as Peer).shutDown();
  }

  /** The namespaces of the sockets of connections that are to go on. */
  async findAll(snapshots: readonly PeerSnapshot[]): Promise<Found[][]> {
    const all: Found[][] = [];
    for (const { sockets } of snapshots) {
      const found: Found[] = [];
      for (const { nsp, auth } of sockets) found.push(await this.#find(nsp, auth));
      all.push(found);
    }
    return all;
  }

  /** A connection that goes on; each of its sockets is put in its place, in what `findAll` has found. Returns how to tell the app of them. */
  restore(session: Session, snapshot: PeerSnapshot, found: readonly Found[]): () => void {
    const peer = new Peer(session, this, session, this.parts.arrivals.resume(snapshot.arrival));
    session.handler = peer;
    peer.resume(snapshot);
    const announcements: (() => void)[] = [];
    for (const [index, socket] of snapshot.sockets.entries()) {
      const namespace = found[index]!;
      if (typeof namespace === "string") peer.refuse(socket.nsp, { message: refusals[namespace] });
      else if (peer.isOpen) announcements.push(namespace.restore(peer, socket));
      // Too many refusals have ended it.
      else namespace.release();
    }
    return () => {
      for (const announce of announcements) announce();
    };
  }

  /** A client that comes over a connection of another engine. */
  connectedElsewhere(connection: ForeignConnection): void {
    // Nobody would tell of its end any more.
    if (connection.readyState !== undefined && connection.readyState !== "open") return;
    const peer = new Peer(connection as unknown as Session, this, new ForeignCarrier(connection));
    const { host } = this.parts;
    connection.on("data", (data) => {
      if (typeof data === "string") peer.receive(data);
      else peer.receive(host.bytes(data instanceof ArrayBuffer ? new Uint8Array(data) : data));
    });
    connection.on("close", (reason, description) => peer.closed(reason, description));
    connection.on("error", () => {});
    peer.start();
  }

  admits(): boolean {
    return this.unjoinedCount < this.parts.engineOptions.limits.maxUnauthenticated;
  }

  faulted(error: unknown, phase: string, event?: string | symbol): void {
    this.parts.faults.report(error, { phase, event });
  }

  limitHit(name: string, session?: Session): void {
    this.parts.faults.limitHit(name, session);
  }

  connect(peer: Peer, name: string, auth: Record<string, unknown>): void {
    this.#connect(peer, name, auth).catch((error: unknown) => this.faulted(error, "connect"));
  }

  async #connect(peer: Peer, name: string, auth: Record<string, unknown>): Promise<void> {
    const namespace = await this.#find(name, auth);
    if (!peer.isOpen) {
      // It may have been made for this client alone.
      if (typeof namespace !== "string") namespace.release();
      return;
    }
    if (typeof namespace === "string") peer.refuse(name, { message: refusals[namespace] });
    else await namespace.admit(peer, auth);
  }

  /** The app's adapter for a namespace that is made now may fail. */
  async #find(name: string, auth: Record<string, unknown>): Promise<Found> {
    try {
      return await this.#namespaces.find(name, auth);
    } catch (error) {
      this.parts.faults.report(error, { phase: "connect", namespace: name });
      return "failed";
    }
  }
}
