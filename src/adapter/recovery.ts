import { Batch } from "../wire/batch.ts";
import type { Packet } from "../wire/packet.ts";
import type { BroadcastFlags, BroadcastOptions, LocalSockets, PersistedSession, RestoredSession, Room, SocketId } from "./adapter.ts";
import { MemoryAdapter } from "./memory.ts";
import { History, type LostSession } from "./recovery-history.ts";
import type { Audience } from "./recovery-log.ts";
import type { RecoveryTerms } from "./recovery-terms.ts";
import type { Track } from "./recovery-tracks.ts";
import { isSame } from "./same.ts";

/** An event on its way to its recipients. */
interface Delivery {
  readonly ids: readonly SocketId[];
  /** How many of them have had their turn. */
  turns: number;
  /** Those who got it before that. */
  early?: Set<SocketId>;
  readonly packet: Packet;
  readonly batch: Batch;
  readonly flags: BroadcastFlags;
}

/** How often a store hears that the server is alive, per `maxDisconnectionDuration`. */
const SIGNS_OF_LIFE = 4;

/** Rooms and fan-out in memory; and for a while, what is needed to go on with sockets whose clients were lost. */
export class RecoveryAdapter extends MemoryAdapter {
  readonly #terms: RecoveryTerms;
  readonly #history: History;
  /** By pid, in the order in which they were lost. */
  readonly #lost = new Map<string, LostSession>();
  readonly #outbox: Delivery[] = [];
  #delivering = false;

  /** Throws a `TypeError` where the option `connectionStateRecovery` is not set. */
  constructor(nsp: LocalSockets) {
    super(nsp);
    if (nsp.recovery === undefined) throw new TypeError("Cannot recover sockets: the option connectionStateRecovery is not set");
    this.#terms = nsp.recovery;
    this.#history = new History(nsp, this.#terms);
    for (const lost of this.#history.load()) this.#lost.set(lost.session.pid, lost);
    if (!this.#terms.isWaking) this.woken();
    this.#arm();
  }

  /** How much is kept for sockets that may come back. */
  get kept(): { readonly sessions: number; readonly packets: number; readonly bytes: number } {
    return { sessions: this.#lost.size, packets: this.#history.packets, bytes: this.#history.bytes };
  }

  override close(): void {
    // What an object has stored nobody else will forget, unless somebody visits it again.
    if (!this.#terms.sleeps) this.#terms.wakeAt(Infinity);
  }

  // ---- events

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    const ids: SocketId[] = [];
    this.select(options, (id) => void ids.push(id));
    const audience = { rooms: [...options.rooms], except: [...(options.except ?? [])] };
    this.#send(packet, audience, ids, options.flags ?? {});
  }

  override broadcastWithAck(...args: Parameters<MemoryAdapter["broadcastWithAck"]>): (() => void) | void {
    this.select(args[1], (id) => this.flush(id));
    return super.broadcastWithAck(...args);
  }

  /** Sends an event to one socket, which may be lost. */
  sendTo(id: SocketId, packet: Packet, flags: BroadcastFlags): void {
    if (this.#history.track(id) !== undefined) this.#send(packet, { rooms: [], except: [], only: id }, [id], flags);
  }

  /** That of a client which has heard nothing yet. */
  get firstOffset(): string {
    return this.#history.offset("first");
  }

  #send(packet: Packet, audience: Audience, ids: readonly SocketId[], flags: BroadcastFlags): void {
    const isKept = flags.volatile !== true && this.#history.sockets > 0;
    const data = [...(packet.data as unknown[]), this.#history.offset(isKept ? "next" : "last")];
    const batch = this.nsp.encode({ ...packet, data }, flags);
    if (isKept) this.#history.keep(batch, audience);
    if (isKept) this.#arm();
    this.#outbox.push({ ids, turns: 0, packet, batch, flags });
    this.#deliver();
  }

  /** One event after the other, also where listeners send more meanwhile: offsets must arrive in their order. */
  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#outbox[0]; next !== undefined; next = this.#outbox[0]) {
        while (next.turns < next.ids.length) this.#hand(next, next.ids[next.turns++]!);
        this.#outbox.shift();
      }
    } finally {
      this.#delivering = false;
    }
  }

  /** Sends a socket what waits for it: something follows that has no offset, and must not overtake it. */
  flush(id: SocketId): void {
    for (const delivery of this.#outbox) {
      if (!delivery.ids.includes(id, delivery.turns)) continue;
      delivery.early ??= new Set();
      this.#hand(delivery, id);
    }
  }

  #hand({ early, packet, batch, flags }: Delivery, id: SocketId): void {
    if (early?.has(id) === true) return;
    early?.add(id);
    this.nsp.deliver(id, packet, batch, flags);
  }

  // ---- rooms

  override addAll(id: SocketId, rooms: Set<Room>): void {
    this.#history.enter(id, rooms);
    this.#signInTime();
    void super.addAll(id, rooms);
    // A listener may have undone it.
    const joined = this.sids.get(id);
    for (const room of rooms) if (joined?.has(room) !== true) this.#history.leave(id, room);
    this.#arm();
  }

  override del(id: SocketId, room: Room): void {
    this.#history.leave(id, room);
    void super.del(id, room);
  }

  override delAll(id: SocketId): void {
    super.delAll(id);
    const track = this.#history.track(id);
    if (track !== undefined && !this.#isLost(track)) this.#drop(track);
  }

  // ---- sockets that are lost and come back

  persistSession(session: PersistedSession): void {
    const track = this.#history.track(session.sid);
    if (track === undefined) return;
    track.pid = session.pid;
    this.#lost.set(session.pid, { session, track, at: this.#terms.now() });
    this.#history.putSession(session, track, this.#terms.wallClock());
    if (this.#lost.size > this.#terms.maxRecoverySessions) {
      this.#terms.limitHit("maxRecoverySessions");
      this.#dropOldest();
    }
    this.#arm();
  }

  /** Whoever calls this puts the socket into its rooms in the same turn. */
  restoreSession(pid: string, offset: string | undefined): RestoredSession | null {
    this.prune();
    const lost = this.#lost.get(pid);
    if (lost === undefined) return null;
    this.#lost.delete(pid);
    const { session, track } = lost;
    const missed = this.#history.missed(track, offset);
    if (missed === undefined) {
      this.#drop(track);
      return null;
    }
    this.#history.putSession(session, track, undefined);
    return { ...session, missedPackets: missed.map(({ messages, compress }) => new Batch(messages, compress)) };
  }

  /** Stores a socket that is there, as it is now: the process may go without a word. Nothing happens where it is stored like that. */
  keepSession(session: PersistedSession): void {
    const track = this.#history.track(session.sid);
    if (track === undefined || this.#isLost(track)) return;
    track.pid = session.pid;
    const { stored } = track;
    if (stored === undefined || !isSame(stored.copy, session.data)) this.#history.putSession(session, track, undefined);
  }

  /** A socket goes on: the process was gone, and its client has not noticed. */
  goOn(id: SocketId): void {
    const track = this.#history.track(id);
    if (track === undefined) return;
    if (track.pid === undefined) {
      // Nothing is known of it: whether its client got everything cannot be told.
      track.lost = Infinity;
      return;
    }
    const lost = this.#lost.get(track.pid);
    if (lost === undefined) return;
    this.#lost.delete(track.pid);
    if (track.stored?.at !== undefined) this.#history.putSession(lost.session, track, undefined);
    this.#signInTime();
    this.#arm();
  }

  /** A socket that another adapter had goes on with this one, in no room. */
  takeOver(id: SocketId): void {
    const track = this.#history.track(id);
    if (track !== undefined) {
      if (track.pid !== undefined) this.#lost.delete(track.pid);
      this.#drop(track);
    }
    this.addAll(id, new Set([id]));
  }

  /** Stores what has become of a socket that is lost: listeners of its end may change its data. */
  keepLost({ pid, data }: PersistedSession): void {
    const lost = this.#lost.get(pid);
    // Another socket may have come back in its place, and be lost too.
    if (lost === undefined || lost.session.data !== data) return;
    const { session, track } = lost;
    if (track.stored === undefined || !isSame(track.stored.copy, data)) this.#history.putSession(session, track, this.#toWallClock(lost.at));
  }

  /** All who go on over a sleep have done so. The others are lost: the next process would take the last sign of life for the time of that. */
  woken(): void {
    while (this.#lost.size > this.#terms.maxRecoverySessions) this.#dropOldest();
    for (const { session, track, at } of this.#lost.values()) {
      if (track.stored?.at === undefined) this.#history.putSession(session, track, this.#toWallClock(at));
    }
    this.prune();
  }

  #toWallClock(at: number): number {
    return at + this.#terms.wallClock() - this.#terms.now();
  }

  #isLost({ pid }: Track): boolean {
    return pid !== undefined && this.#lost.has(pid);
  }

  #drop(track: Track): void {
    this.#history.drop(track);
    this.#arm();
    this.#terms.sessionGone();
  }

  #dropOldest(): void {
    for (const [pid, { track }] of this.#lost) {
      this.#lost.delete(pid);
      return this.#drop(track);
    }
  }

  // ---- time

  /** Forgets what is too old, and tells the store that the server is alive. */
  prune(): void {
    // Those who are still there are not lost, however long they have slept: `woken` comes back to this.
    if (this.#terms.isWaking) return;
    const now = this.#terms.now();
    const oldest = now - this.#terms.maxDisconnectionDuration;
    this.#history.prune(oldest);
    for (const [pid, { at, track }] of this.#lost) {
      if (at >= oldest) break;
      this.#lost.delete(pid);
      this.#drop(track);
    }
    this.#signInTime();
    this.#arm();
  }

  /** While everybody was away there were no signs, and the next tick may find another process. */
  #signInTime(): void {
    if (this.#signDue() <= this.#terms.now()) this.#history.signLife();
  }

  #arm(): void {
    const { value: first } = this.#lost.values().next();
    const oldest = Math.min(this.#history.oldest, first?.at ?? Infinity);
    // What is exactly that old is still good.
    const due = Math.min(oldest + this.#terms.maxDisconnectionDuration + 1, this.#signDue());
    // After a standstill it may be over.
    this.#terms.wakeAt(Math.max(due, this.#terms.now()));
  }

  #signDue(): number {
    const { aliveAt, sockets } = this.#history;
    if (aliveAt === undefined || sockets === this.#lost.size || this.#terms.maxDisconnectionDuration === 0) return Infinity;
    if (aliveAt === -Infinity) return aliveAt;
    return aliveAt + Math.max(this.#terms.maxDisconnectionDuration / SIGNS_OF_LIFE, 1);
  }
}
