import type { ConnectionSnapshot } from "../../src/runtime.ts";

/** Prefix of what this library keeps in the object's storage. */
const PREFIX = "omnisocket:auth:";

/** Characters as JSON up to which an auth stays in its snapshot: a quarter of what a WebSocket carries. */
const SMALL = 4096;

type Auth = ConnectionSnapshot["peer"]["sockets"][number]["auth"];

/** A snapshot without what is large. */
export interface LeanSnapshot extends ConnectionSnapshot {
  /** Ids of the sockets whose auth is in the storage. */
  readonly aside?: readonly string[];
}

/**
 * What clients gave as `auth`, where it is large.
 *
 * It stays the same while data may change with every event: it is written once, not with every snapshot.
 */
export class Auths {
  readonly #storage: DurableObjectStorage;
  /** By ids of connections, then of sockets. */
  readonly #written = new Map<string, ReadonlyMap<string, Auth>>();
  readonly #sizes = new WeakMap<Auth, "small" | "large">();

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The snapshot of connection `id` without what is large, which is in the storage then; forgets that of a connection that ends. */
  setAside(id: string, snapshot: ConnectionSnapshot | undefined): LeanSnapshot | undefined {
    const sockets = snapshot?.peer.sockets ?? [];
    const large = new Map(sockets.filter(({ auth }) => this.#isLarge(auth)).map((socket) => [socket.id, socket.auth]));
    this.#write(large, this.#written.get(id));
    if (large.size === 0) {
      this.#written.delete(id);
      return snapshot;
    }
    this.#written.set(id, large);
    const lean = sockets.map((socket) => (large.has(socket.id) ? { ...socket, auth: {} } : socket));
    return { ...snapshot!, peer: { ...snapshot!.peer, sockets: lean }, aside: [...large.keys()] };
  }

  /** Puts back what was set aside by the instance before; what is nobody's any more goes. */
  restore<Saved extends { readonly snapshot: LeanSnapshot }>(saved: readonly Saved[]): Saved[] {
    const stored = new Map(this.#storage.kv.list<Auth>({ prefix: PREFIX }));
    const whole = saved.map((each) => {
      const { session, peer, aside = [] } = each.snapshot;
      if (aside.length === 0) return each;
      const auths = new Map(aside.map((id) => [id, stored.get(PREFIX + id) ?? {}]));
      this.#written.set(session.id, auths);
      const sockets = peer.sockets.map((socket) => ({ ...socket, auth: auths.get(socket.id) ?? socket.auth }));
      return { ...each, snapshot: { session, peer: { ...peer, sockets } } };
    });
    for (const auths of this.#written.values()) for (const id of auths.keys()) stored.delete(PREFIX + id);
    for (const key of stored.keys()) this.#storage.kv.delete(key);
    return whole;
  }

  /** Leaves in `large` what could be written: the rest counts as small, and its snapshot tells what is wrong with it. */
  #write(large: Map<string, Auth>, before: ReadonlyMap<string, Auth> | undefined): void {
    for (const [id, auth] of large) {
      if (before?.get(id) === auth) continue;
      try {
        this.#storage.kv.put(PREFIX + id, auth);
      } catch {
        this.#sizes.set(auth, "small");
        large.delete(id);
      }
    }
    for (const id of before?.keys() ?? []) if (!large.has(id)) this.#storage.kv.delete(PREFIX + id);
  }

  #isLarge(auth: Auth): boolean {
    let size = this.#sizes.get(auth);
    if (size === undefined) this.#sizes.set(auth, (size = sizeOf(auth)));
    return size === "large";
  }
}

function sizeOf(auth: Auth): "small" | "large" {
  try {
    return JSON.stringify(auth).length > SMALL ? "large" : "small";
  } catch {
    // A parser of the app's can give what is no JSON.
    return "large";
  }
}
