import type { PersistedSession, Room } from "./adapter.ts";
import type { LogEntry } from "./recovery-log.ts";
import type { Loss } from "./recovery-losses.ts";

/**
 * Where recovery keeps what must outlive the process: any synchronous store of values by key.
 *
 * Values are what structured cloning can copy. `storage.kv` of a Durable Object is one as it stands.
 */
export interface RecoveryStore {
  put(key: string, value: unknown): void;
  delete(key: string): unknown;
  /** Every key that begins with `prefix`, with its value, in any order. */
  list(options: { readonly prefix: string }): Iterable<readonly [key: string, value: unknown]>;
}

/** A socket as it is stored. Times are milliseconds since the Unix epoch. */
export interface StoredSession extends PersistedSession {
  /** When its client was lost; absent while it is there. */
  readonly at: number | undefined;
  readonly since: number;
  readonly lost: number;
  readonly stays: readonly (readonly [room: Room, from: number])[];
  readonly past: readonly (readonly [room: Room, from: number, until: number])[];
}

/** What a namespace was before. */
export interface StoredState {
  readonly epoch: string;
  /** The server was alive then, in milliseconds since the Unix epoch. */
  readonly alive: number;
  readonly seq: number;
  /** Oldest first; `at` in milliseconds since the Unix epoch. */
  readonly entries: readonly LogEntry[];
  readonly sessions: readonly StoredSession[];
  readonly losses: readonly (readonly [audience: string, losses: readonly Loss[]])[];
}

/** Prefix of what this library keeps for recovery. */
const PREFIX = "omnisocket:recovery:";

/** The name of a namespace, with which what is its own begins. */
const jsonString = /^"(?:[^"\\]|\\.)*"/;

interface Head {
  readonly epoch: string;
  readonly alive: number;
  /** The last event that the log has forgotten. */
  readonly seq: number;
}

/** The part of a store that is one namespace's. A store that fails is reported, and recovery goes on in memory. */
export class NamespaceStore {
  readonly #store: RecoveryStore;
  readonly #prefix: string;
  readonly #report: (error: unknown) => void;
  /** Whether there may be things of a server before, which could not be read: they must not be taken for this one's. */
  #isForeign = false;
  /** What should be gone, and is there still: somebody might come back who was shown out. */
  readonly #undeleted = new Set<string>();

  constructor(store: RecoveryStore, namespace: string, report: (error: unknown) => void) {
    this.#store = store;
    this.#prefix = `${PREFIX}${JSON.stringify(namespace)}:`;
    this.#report = report;
  }

  load(): StoredState | undefined {
    let state: StoredState | undefined;
    this.#isForeign = !this.#try(() => (state = this.#read()));
    return state;
  }

  #read(): StoredState | undefined {
    let head: Head | undefined;
    const entries: LogEntry[] = [];
    const sessions: StoredSession[] = [];
    const losses: [string, readonly Loss[]][] = [];
    for (const [key, value] of this.#store.list({ prefix: this.#prefix })) {
      const name = key.slice(this.#prefix.length);
      if (name === "head") head = value as Head;
      else if (name.startsWith("event:")) entries.push(value as LogEntry);
      else if (name.startsWith("session:")) sessions.push(value as StoredSession);
      else if (name.startsWith("lost:")) losses.push([name.slice(5), value as readonly Loss[]]);
    }
    if (head === undefined) {
      if (entries.length + sessions.length + losses.length > 0) this.#deleteAll();
      return undefined;
    }
    entries.sort((one, other) => one.seq - other.seq);
    const lost = losses.map(([, [newest]]) => newest?.seq ?? 0);
    const seq = Math.max(head.seq, entries.at(-1)?.seq ?? 0, ...lost);
    return { ...head, seq, entries, sessions, losses };
  }

  putHead(head: Head): void {
    this.#put("head", head);
  }

  /** Returns whether the store took it. */
  putEntry(entry: LogEntry): boolean {
    return this.#put(`event:${entry.seq}`, entry);
  }

  deleteEntry(seq: number): void {
    this.#delete(`event:${seq}`);
  }

  /** Returns whether the store took it; that it did not is not reported where `isQuiet`. */
  putSession(session: StoredSession, isQuiet: boolean): boolean {
    return this.#put(`session:${session.pid}`, session, isQuiet);
  }

  deleteSession(pid: string): void {
    this.#delete(`session:${pid}`);
  }

  /** Returns whether the store took it. */
  putLosses(audience: string, losses: readonly Loss[] | undefined, isQuiet: boolean): boolean {
    const name = `lost:${audience}`;
    return losses === undefined ? this.#delete(name, isQuiet) : this.#put(name, losses, isQuiet);
  }

  clear(): void {
    this.#try(() => this.#deleteAll());
  }

  #deleteAll(): void {
    for (const [key] of [...this.#store.list({ prefix: this.#prefix })]) this.#store.delete(key);
    this.#isForeign = false;
    this.#undeleted.clear();
  }

  #put(name: string, value: unknown, isQuiet = false): boolean {
    const put = (): void => {
      if (this.#isForeign) this.#deleteAll();
      this.#store.put(this.#prefix + name, value);
      this.#undeleted.delete(name);
    };
    return this.#try(put, isQuiet);
  }

  /** Deletes what could not be deleted before. */
  deleteRest(): void {
    for (const name of this.#undeleted) if (!this.#delete(name, true)) return;
  }

  #delete(name: string, isQuiet = false): boolean {
    const isDeleted = this.#try(() => this.#store.delete(this.#prefix + name), isQuiet);
    if (isDeleted) this.#undeleted.delete(name);
    else this.#undeleted.add(name);
    return isDeleted;
  }

  #try(change: () => unknown, isQuiet = false): boolean {
    try {
      change();
      return true;
    } catch (error) {
      if (!isQuiet) this.#report(error);
      return false;
    }
  }
}

/**
 * Deletes what namespaces left of which nobody can come back any more, unless they are here.
 *
 * Times are milliseconds since the Unix epoch. Returns when the first of those that stay was used last.
 */
export function sweep(store: RecoveryStore, deadline: number, isHere: (namespace: string) => boolean): number | undefined {
  const leftovers = new Map<string, { lastUse: number; readonly keys: string[] }>();
  for (const [key, value] of store.list({ prefix: PREFIX })) {
    const [name = '""'] = jsonString.exec(key.slice(PREFIX.length)) ?? [];
    const namespace = JSON.parse(name) as string;
    if (isHere(namespace)) continue;
    const leftover = leftovers.get(namespace) ?? { lastUse: 0, keys: [] };
    leftovers.set(namespace, leftover);
    leftover.lastUse = Math.max(leftover.lastUse, timeOf(value));
    leftover.keys.push(key);
  }
  let oldest: number | undefined;
  for (const { lastUse, keys } of leftovers.values()) {
    if (lastUse >= deadline) oldest = Math.min(lastUse, oldest ?? Infinity);
    else for (const key of keys) store.delete(key);
  }
  return oldest;
}

/** When an event was sent, a client was lost, or the server was alive; 0 of what tells no time. */
function timeOf(value: unknown): number {
  // Arrays have a method of that name.
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 0;
  const { at = 0, alive = 0 } = value as Partial<StoredSession & Head>;
  return Math.max(at, alive);
}
