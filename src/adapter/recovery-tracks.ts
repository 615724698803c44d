import type { Room, SocketId } from "./adapter.ts";
import type { Audience } from "./recovery-log.ts";
import { Losses } from "./recovery-losses.ts";

/** A socket's time in a room: it got what was sent there after `from`, up to `until`. */
export interface Stay {
  readonly track: Track;
  readonly room: Room;
  readonly from: number;
  readonly until: number;
}

/** What is stored of a socket beside what its track knows. */
export interface Stored {
  readonly rooms: Room[];
  readonly data: unknown;
  /** The data as it was then. */
  readonly copy: unknown;
  /** When its client was lost, in milliseconds since the Unix epoch. */
  readonly at: number | undefined;
}

/** What one socket was sent, as far as it must be known to tell what its client has missed. */
export class Track {
  readonly sid: SocketId;
  /** What its client shows when it comes back; known once it was told. */
  pid: string | undefined;
  /** The last event before it connected. */
  since = Infinity;
  /** The last event for it that is certainly lost, beside what `Losses` knows. */
  lost = 0;
  /** The rooms it is in now. */
  readonly stays = new Map<Room, Stay>();
  /** Its stays in rooms that it has left, in their order, while events from that time are still in the log. */
  readonly past = new Map<Room, Stay[]>();
  /** What is stored of it beside this; absent where it has joined or left since then. */
  stored: Stored | undefined;
  /** Whether it could not be stored last time. */
  isUnstorable = false;

  constructor(sid: SocketId) {
    this.sid = sid;
  }

  /** Those of all rooms. */
  get allPast(): readonly Stay[] {
    return [...this.past.values()].flat();
  }

  /** Whether event `seq` was for this socket. */
  got(seq: number, { only, rooms, except }: Audience): boolean {
    if (seq <= this.since) return false;
    if (only !== undefined) return only === this.sid;
    if (rooms.length > 0 && !rooms.some((room) => this.#stayed(room, seq - 1, seq))) return false;
    return !this.isExcepted(seq - 1, seq, except);
  }

  isExcepted(from: number, seq: number, except: readonly Room[]): boolean {
    return except.some((room) => this.#stayed(room, from, seq));
  }

  /** Whether it was in that room all the time from the event after `from` to event `seq`. */
  #stayed(room: Room, from: number, seq: number): boolean {
    const stay = this.stays.get(room);
    if (stay !== undefined && stay.from <= from) return true;
    const past = this.past.get(room);
    if (past === undefined) return false;
    // Stays in one room do not overlap: only the first that had not ended by then can have begun before.
    const first = past[firstEndedFrom(past, seq)];
    return first !== undefined && first.from <= from;
  }
}

/** The sockets of a namespace, those that are there and those that may come back, and since when they are in which rooms. */
export class Tracks {
  readonly losses: Losses;
  /** Of these, a stay was forgotten since they were stored. */
  readonly changed: Set<Track> = new Set();
  readonly #maxPast: number;
  readonly #bySid = new Map<SocketId, Track>();
  /** How many stays there are in each room, past ones too. */
  readonly #stays = new Map<Room, number>();
  /** Past stays, in the order in which they ended. */
  readonly #ended: Stay[] = [];

  /** `maxPast` past stays are told apart; of older ones, all is taken for lost. */
  constructor(maxPast: number, losses: Losses) {
    this.#maxPast = maxPast;
    this.losses = losses;
  }

  get size(): number {
    return this.#bySid.size;
  }

  get(sid: SocketId): Track | undefined {
    return this.#bySid.get(sid);
  }

  add(sid: SocketId): Track {
    const track = new Track(sid);
    this.#bySid.set(sid, track);
    return track;
  }

  join(track: Track, room: Room, from: number): void {
    if (track.stays.has(room)) return;
    track.stored = undefined;
    track.stays.set(room, { track, room, from, until: Infinity });
    this.#stays.set(room, (this.#stays.get(room) ?? 0) + 1);
  }

  leave(track: Track, room: Room, until: number): void {
    const stay = track.stays.get(room);
    if (stay === undefined) return;
    track.stored = undefined;
    track.stays.delete(room);
    // One that was not connected yet, or was sent nothing there, has nothing to miss.
    if (until > Math.max(stay.from, track.since)) this.addPast({ ...stay, until });
    this.#release(room);
  }

  addPast(stay: Stay): void {
    const past = stay.track.past.get(stay.room);
    if (past === undefined) stay.track.past.set(stay.room, [stay]);
    else past.push(stay);
    this.#ended.push(stay);
    this.#stays.set(stay.room, (this.#stays.get(stay.room) ?? 0) + 1);
    if (this.#ended.length > this.#maxPast) this.#forgetPast(({ until }) => until);
  }

  /** Event `seq` is about to be forgotten: stays that ended before it are of no more use. */
  pass(seq: number): void {
    while (this.#ended[0] !== undefined && this.#ended[0].until < seq) {
      this.#forgetPast(({ room, from, track }) => this.losses.inRoom(room, Math.max(from, track.since), track));
    }
  }

  /** Event `seq` is gone. Of rooms and sockets without anybody who could miss it, nothing is told: nobody would ever take it back. */
  lose(seq: number, { only, rooms, except }: Audience): void {
    const isKnown = (room: Room): boolean => this.#stays.has(room);
    const known = rooms.filter(isKnown);
    const isMissed = only === undefined ? rooms.length === 0 || known.length > 0 : this.#bySid.has(only);
    if (isMissed) this.losses.record(seq, { only, rooms: known, except: except.filter(isKnown) });
  }

  drop(sid: SocketId): void {
    const track = this.#bySid.get(sid);
    if (track === undefined) return;
    this.#bySid.delete(sid);
    for (const room of track.stays.keys()) this.#release(room);
    for (const { room } of track.allPast) this.#release(room);
    track.past.clear();
    this.changed.delete(track);
    this.losses.forgetSocket(sid);
  }

  clear(): void {
    this.#bySid.clear();
    this.#stays.clear();
    this.#ended.length = 0;
    this.changed.clear();
    this.losses.clear();
  }

  /** Whether something for this socket after `seq`, which is not before it connected, can be given to nobody any more. */
  hasLost(track: Track, seq: number): boolean {
    if (track.lost > seq || this.losses.besideRooms(track.sid, seq, track) > 0) return true;
    const stays = [...track.stays.values(), ...track.allPast];
    return stays.some(({ room, from }) => this.losses.inRoom(room, Math.max(from, seq), track) > 0);
  }

  #forgetPast(lost: (stay: Stay) => number): void {
    const stay = this.#ended.shift()!;
    const { track, room } = stay;
    const past = track.past.get(room);
    // Its socket may be gone altogether.
    if (past === undefined) return;
    track.lost = Math.max(track.lost, lost(stay));
    this.changed.add(track);
    past.shift();
    if (past.length === 0) track.past.delete(room);
    this.#release(room);
  }

  #release(room: Room): void {
    const stays = this.#stays.get(room)! - 1;
    if (stays > 0) return void this.#stays.set(room, stays);
    this.#stays.delete(room);
    this.losses.forgetRoom(room);
  }
}

/** The index of the first of `stays` that ended at event `seq` or later. */
function firstEndedFrom(stays: readonly Stay[], seq: number): number {
  let low = 0;
  let high = stays.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stays[middle]!.until < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
