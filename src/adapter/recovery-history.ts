import type { Batch } from "../wire/batch.ts";
import type { LocalSockets, PersistedSession, Room, SocketId } from "./adapter.ts";
import { Losses } from "./recovery-losses.ts";
import { type Audience, type LogEntry, RecoveryLog } from "./recovery-log.ts";
import { NamespaceStore, type StoredSession, type StoredState } from "./recovery-store.ts";
import type { RecoveryTerms } from "./recovery-terms.ts";
import { type Stored, type Track, Tracks } from "./recovery-tracks.ts";

/** A socket that is there no more, and since when. */
export interface LostSession {
  readonly session: PersistedSession;
  readonly track: Track;
  /** Milliseconds of the host's clock. */
  readonly at: number;
}

/** What a namespace has sent to whom: in memory, and in a store where there is one. */
export class History {
  readonly #terms: RecoveryTerms;
  readonly #store: NamespaceStore | undefined;
  readonly #log: RecoveryLog;
  readonly #tracks: Tracks;
  #epoch: string;
  #seq = 0;
  /** When the store last heard that the server is alive. */
  #aliveAt = -Infinity;

  constructor(nsp: LocalSockets, terms: RecoveryTerms) {
    this.#terms = terms;
    this.#log = new RecoveryLog(terms.maxRecoveryPackets, terms.maxRecoveryBytes, (entry) => this.#forget(entry));
    this.#tracks = new Tracks(terms.maxRecoveryPackets, new Losses());
    this.#store = terms.store && new NamespaceStore(terms.store, nsp.name, (error) => terms.storeFailed(error));
    this.#epoch = terms.newEpoch();
  }

  get packets(): number {
    return this.#log.packets;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Sockets that are there, and sockets that may come back. */
  get sockets(): number {
    return this.#tracks.size;
  }

  /** When the oldest event was sent. */
  get oldest(): number {
    return this.#log.oldest?.at ?? Infinity;
  }

  /** The offset of the event that is kept next, of the last one, or before the first. */
  offset(which: "next" | "last" | "first"): string {
    const seq = { next: this.#seq + 1, last: this.#seq, first: 0 }[which];
    return `${this.#epoch}.${seq}`;
  }

  // ---- events

  /** Keeps an event, which `offset("next")` was in. */
  keep(batch: Batch, audience: Audience): void {
    this.#seq += 1;
    // The app may go on to change bytes that it has sent.
    const messages = batch.messages.map((message) => (typeof message === "string" ? message : new Uint8Array(message)));
    // Programs without types name rooms by numbers, or by what is not there.
    const names = [...audience.rooms, ...audience.except].reduce((sum, room: unknown) => sum + String(room).length, 0);
    const { compress, size } = batch;
    const entry: LogEntry = { ...audience, seq: this.#seq, at: this.#terms.now(), messages, compress, size: size + names };
    if (this.#store?.putEntry({ ...entry, at: this.#terms.wallClock() }) === false) {
      this.#tracks.lose(entry.seq, entry);
      this.signLife();
    }
    this.#log.append(entry);
    // Nothing that is stored may tell of this event: the numbers of later ones must not begin before it.
    if (this.#log.packets === 0) this.signLife();
    this.#storeChanges();
  }

  /** What a client that has `offset` was not sent, oldest first; `undefined` where not all of it is there any more. */
  missed(track: Track, offset: string | undefined): readonly LogEntry[] | undefined {
    const from = this.#positionOf(offset, track);
    if (from === undefined || this.#tracks.hasLost(track, from)) return undefined;
    return this.#log.since(from).filter((entry) => track.got(entry.seq, entry));
  }

  /** Forgets events that were sent before `time`. */
  prune(time: number): void {
    const had = this.#log.packets;
    this.#log.prune(time);
    const isEmptied = had > 0 && this.#log.packets === 0;
    if (isEmptied) this.#tracks.pass(this.#seq + 1);
    this.#storeChanges();
    if (isEmptied) this.signLife();
  }

  /** What a client has of what its socket was sent; `undefined` for no offset of ours. */
  #positionOf(offset: string | undefined, { since }: Track): number | undefined {
    if (offset === undefined) return since;
    const [, epoch, digits] = /^([\w-]{1,64})\.(\d{1,16})$/.exec(offset) ?? [];
    if (epoch === undefined) return undefined;
    // Of another server, from before this socket: since then, this client has heard nothing.
    if (epoch !== this.#epoch) return since;
    const seq = Number(digits);
    return seq > this.#seq ? undefined : Math.max(seq, since);
  }

  #forget(entry: LogEntry): void {
    this.#tracks.pass(entry.seq);
    this.#tracks.lose(entry.seq, entry);
    this.#store?.deleteEntry(entry.seq);
  }

  // ---- sockets

  track(sid: SocketId): Track | undefined {
    return this.#tracks.get(sid);
  }

  /** The socket is about to join; in the room of its own id, it is connected. */
  enter(sid: SocketId, rooms: ReadonlySet<Room>): Track {
    const track = this.#tracks.get(sid) ?? this.#tracks.add(sid);
    for (const room of rooms) this.#tracks.join(track, room, this.#seq);
    if (rooms.has(sid) && track.since === Infinity) track.since = this.#seq;
    return track;
  }

  leave(sid: SocketId, room: Room): void {
    const track = this.#tracks.get(sid);
    if (track !== undefined) this.#tracks.leave(track, room, this.#seq);
  }

  /** The socket will not come back. */
  drop({ sid, pid }: Track): void {
    this.#tracks.drop(sid);
    if (pid !== undefined) this.#store?.deleteSession(pid);
    if (this.#tracks.size === 0) this.#reset();
    else this.#storeChanges();
  }

  /** Nobody is here, and nobody can come back. */
  #reset(): void {
    this.#log.clear();
    this.#tracks.clear();
    this.#aliveAt = -Infinity;
    this.#store?.clear();
  }

  // ---- the store

  /** Takes up what was stored. Returns the sockets that were there, each as lost. */
  load(): LostSession[] {
    const state = this.#store?.load();
    if (state === undefined) return [];
    // Nobody can come back.
    if (state.sessions.length === 0) {
      this.#store!.clear();
      return [];
    }
    try {
      return this.#takeUpAll(state);
    } catch (error) {
      // It was not written by this version.
      this.#terms.storeFailed(error);
      this.#reset();
      return [];
    }
  }

  #takeUpAll(state: StoredState): LostSession[] {
    const age = this.#terms.now() - this.#terms.wallClock();
    this.#epoch = state.epoch;
    this.#seq = state.seq;
    this.#aliveAt = state.alive + age;
    for (const [audience, losses] of state.losses) this.#tracks.losses.set(audience, losses);
    const sessions = state.sessions.map((stored) => this.#takeUp(stored, (stored.at ?? state.alive) + age));
    this.#takeUpPast(state);
    for (const entry of state.entries) this.#log.append({ ...entry, at: Math.min(entry.at + age, this.#terms.now()) });
    this.#storeChanges();
    // What was forgotten now must not be counted anew.
    if (this.#log.packets === 0) this.#putHead(state.alive);
    return sessions.sort((one, other) => one.at - other.at);
  }

  /** Stores a socket as it is; `at` is when it was lost, in milliseconds since the Unix epoch. */
  putSession({ pid, rooms, data }: PersistedSession, track: Track, at: number | undefined): void {
    if (this.#store === undefined) return;
    const isStored = this.#put(track, pid, { rooms, data, copy: undefined, at });
    // What it was before would be taken for what it is.
    if (!isStored) this.#store.deleteSession(pid);
    track.stored = isStored ? { rooms, data, copy: cloneOf(data), at } : undefined;
  }

  /** Returns whether the store took it. */
  #put(track: Track, pid: string, { rooms, data, at }: Stored): boolean {
    const { sid, since, lost } = track;
    const stays = [...track.stays.values()].map(({ room, from }) => [room, from] as const);
    const past = track.allPast.map(({ room, from, until }) => [room, from, until] as const);
    const isStored = this.#store!.putSession({ sid, pid, rooms, data, at, since, lost, stays, past }, track.isUnstorable);
    track.isUnstorable = !isStored;
    return isStored;
  }

  /** Tells the store that the server is alive. */
  signLife(): void {
    if (this.#store === undefined || this.#tracks.size === 0) return;
    this.#aliveAt = this.#terms.now();
    this.#putHead(this.#terms.wallClock());
  }

  #putHead(alive: number): void {
    this.#store!.putHead({ epoch: this.#epoch, alive, seq: this.#seq });
  }

  /** When that was; `undefined` without a store. */
  get aliveAt(): number | undefined {
    return this.#store && this.#aliveAt;
  }

  #takeUp({ sid, pid, rooms, data, ...stored }: StoredSession, at: number): LostSession {
    const track = this.#tracks.add(sid);
    Object.assign(track, { pid, since: stored.since, lost: stored.lost });
    for (const [room, from] of stored.stays) this.#tracks.join(track, room, from);
    track.stored = { rooms, data, copy: cloneOf(data), at: stored.at };
    return { session: { sid, pid, rooms, data }, track, at: Math.min(at, this.#terms.now()) };
  }

  #takeUpPast({ sessions }: StoredState): void {
    const past = sessions.flatMap(({ sid, past: stays }) => stays.map(([room, from, until]) => ({ sid, room, from, until })));
    past.sort((one, other) => one.until - other.until);
    for (const { sid, ...stay } of past) this.#tracks.addPast({ track: this.#tracks.get(sid)!, ...stay });
  }

  /** Losses, and with them the stays that they have outlived: else these would seem to have been lost in part. What could not be stored is tried again next time. */
  #storeChanges(): void {
    this.#store?.deleteRest();
    const { changed, losses } = this.#tracks;
    for (const track of changed) {
      const { pid, stored } = track;
      if (pid === undefined || stored === undefined || this.#put(track, pid, stored)) changed.delete(track);
    }
    let hasFailed = false;
    for (const audience of losses.changed) {
      // One report is enough.
      if (this.#store?.putLosses(audience, losses.get(audience), hasFailed) === false) hasFailed = true;
      else losses.changed.delete(audience);
    }
  }
}

/** What cannot be copied cannot be compared later. */
function cloneOf(data: unknown): unknown {
  try {
    return structuredClone(data);
  } catch {
    return undefined;
  }
}
