import type { Session } from "../../src/index.ts";
import type { ConnectionSnapshot, SavedConnection } from "../../src/runtime.ts";
import { Auths, type LeanSnapshot } from "./auths.ts";
import { type HibernatableWebSocket, OURS, hibernatable } from "./websocket.ts";

/** Prefix of what this library keeps in the object's storage. */
const PREFIX = "omnisocket:connection:";

/** What the object asks of the server. */
interface Snapshots {
  endOfTurn(task: () => void): void;
  snapshot(session: Session): ConnectionSnapshot | undefined;
  report(error: unknown): void;
}

/** A connection, with the end of its WebSocket where it has one. */
interface SavedHere extends SavedConnection {
  readonly ws?: HibernatableWebSocket;
}

/** Where a connection's snapshot is when it is too large for its WebSocket. */
interface Spilled {
  readonly id: string;
}

/**
 * Keeps every connection where the platform keeps it while the object is not in memory.
 *
 * A WebSocket carries up to 16,384 bytes of its own; what is larger, and connections that poll, are in the storage. What can be kept in
 * neither is reported, and the connection stays as it was last kept.
 */
export class Hibernation {
  readonly #state: DurableObjectState;
  readonly #snapshots: Snapshots;
  readonly #auths: Auths;
  readonly #changed = new Set<Session>();
  /** Ids of the connections that are in the storage. */
  readonly #stored = new Set<string>();
  /** Connections that could not be saved: each is reported once, not at every event. */
  readonly #reported = new WeakSet<Session>();

  constructor(state: DurableObjectState, snapshots: Snapshots) {
    this.#state = state;
    this.#snapshots = snapshots;
    this.#auths = new Auths(state.storage);
  }

  /** Saves this session once the code that runs now is done. */
  changed(session: Session): void {
    this.#changed.add(session);
    if (this.#changed.size > 1) return;
    this.#snapshots.endOfTurn(() => {
      const sessions = [...this.#changed];
      this.#changed.clear();
      for (const each of sessions) this.#save(each);
    });
  }

  /** What was saved by the instance before. */
  async load(): Promise<SavedHere[]> {
    const stored = await this.#state.storage.list<LeanSnapshot>({ prefix: PREFIX });
    const saved: SavedHere[] = [];
    for (const raw of this.#state.getWebSockets(OURS)) {
      const attachment = raw.deserializeAttachment() as LeanSnapshot | Spilled | null;
      const snapshot = attachment !== null && "id" in attachment ? stored.get(PREFIX + attachment.id) : attachment;
      // It had not become a session yet, or is one no more.
      if (snapshot === null || snapshot === undefined) raw.close(1012);
      else saved.push({ snapshot, ws: hibernatable(raw, this.#state, snapshot.session.protocol) });
    }
    const carried = new Set(saved.map(({ snapshot }) => snapshot.session.id));
    for (const snapshot of stored.values()) {
      const { id, transport } = snapshot.session;
      this.#stored.add(id);
      if (carried.has(id)) continue;
      if (transport === "polling") saved.push({ snapshot });
      else this.#forget(id);
    }
    return this.#auths.restore(saved);
  }

  /** What the app gave may fail in any of this, and must not keep the others from being saved. */
  #save(session: Session): void {
    try {
      this.#keep(session);
    } catch (error) {
      const message = "Cannot keep socket.data: it cannot be cloned, or it is too large";
      this.#report(session, new TypeError(message, { cause: error }));
    }
  }

  #keep(session: Session): void {
    const snapshot = this.#auths.setAside(session.id, this.#snapshots.snapshot(session));
    if (snapshot === undefined) return this.#forget(session.id);
    const raw = (session.webSocket as HibernatableWebSocket | undefined)?.raw;
    if (raw !== undefined && attach(raw, snapshot)) return this.#forget(session.id);
    this.#state.storage.kv.put(PREFIX + session.id, snapshot);
    this.#stored.add(session.id);
    raw?.serializeAttachment({ id: session.id } satisfies Spilled);
  }

  #report(session: Session, error: unknown): void {
    if (this.#reported.has(session)) return;
    this.#reported.add(session);
    this.#snapshots.report(error);
  }

  #forget(id: string): void {
    if (this.#stored.delete(id)) this.#state.storage.kv.delete(PREFIX + id);
  }
}

/** Whether the WebSocket could take it. */
function attach(raw: WebSocket, snapshot: ConnectionSnapshot): boolean {
  try {
    raw.serializeAttachment(snapshot);
    return true;
  } catch {
    return false;
  }
}
