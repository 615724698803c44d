import type { BroadcastOptions, Room, SocketId, TopicTerms } from "./adapter.ts";

/** What happens to rooms, for those who follow it. */
export interface RoomEvents {
  "create-room": (room: Room) => void;
  "join-room": (room: Room, id: SocketId) => void;
  "leave-room": (room: Room, id: SocketId) => void;
  "delete-room": (room: Room) => void;
}

/** Who is in which room: two maps that are always the inverse of each other, without empty rooms. */
export class Rooms {
  readonly members = new Map<Room, Set<SocketId>>();
  readonly sids = new Map<SocketId, Set<Room>>();
  readonly #announce: (event: keyof RoomEvents, room: Room, id?: SocketId) => void;
  readonly #topics: Pick<TopicTerms, "joined" | "left"> | undefined;

  constructor(announce: (event: keyof RoomEvents, room: Room, id?: SocketId) => void, topics?: Pick<TopicTerms, "joined" | "left">) {
    this.#announce = announce;
    this.#topics = topics;
  }

  /** Puts `id` into each of `rooms`, until a listener takes it out of all. */
  add(id: SocketId, rooms: Iterable<Room>): void {
    let joined = this.sids.get(id);
    if (joined === undefined) this.sids.set(id, (joined = new Set()));
    for (const room of rooms) {
      if (joined.has(room)) continue;
      this.#part(id);
      joined.add(room);
      this.#enter(id, room);
      if (this.sids.get(id) !== joined) return;
    }
  }

  remove(id: SocketId, room: Room): void {
    this.#part(id);
    this.sids.get(id)?.delete(room);
    if (this.#exit(id, room)) this.#announceLeave(id, room);
  }

  removeAll(id: SocketId): void {
    const joined = this.sids.get(id);
    if (joined === undefined) return;
    this.#part(id);
    this.sids.delete(id);
    const left = [...joined].filter((room) => this.#exit(id, room));
    joined.clear();
    for (const room of left) this.#announceLeave(id, room);
  }

  /** {@link forEachSelected} */
  forEach(options: BroadcastOptions, visit: (id: SocketId) => void): void {
    forEachSelected(this.members, this.sids, options, visit);
  }

  /** Returns whether it was there. */
  #exit(id: SocketId, room: Room): boolean {
    if (this.members.get(room)?.delete(id) !== true) return false;
    this.#topics?.left(room, id);
    return true;
  }

  #announceLeave(id: SocketId, room: Room): void {
    this.#announce("leave-room", room, id);
    // A listener may have let somebody in.
    if (this.members.get(room)?.size !== 0) return;
    this.members.delete(room);
    this.#announce("delete-room", room);
  }

  #enter(id: SocketId, room: Room): void {
    this.#part(room);
    const members = this.members.get(room);
    if (members === undefined) this.members.set(room, this.#first(id, room));
    else members.add(id);
    this.#topics?.joined(room, id);
    if (members === undefined) this.#announce("create-room", room);
    // A listener may have undone it.
    if (this.members.get(room)?.has(id) === true) this.#announce("join-room", room, id);
  }

  /**
   * The members of a room whose first is `id`.
   *
   * Most sockets are in their own room alone, and for those it is the very set of their rooms: it says the same, and a set is large.
   */
  #first(id: SocketId, room: Room): Set<SocketId> {
    const joined = this.sids.get(id);
    return room === id && joined?.size === 1 ? joined : new Set([id]);
  }

  /** To be called before the rooms of `id`, or the members of its own room, change: from then on they say different things. */
  #part(id: SocketId): void {
    const joined = this.sids.get(id);
    if (joined !== undefined && joined === this.members.get(id)) this.members.set(id, new Set(joined));
  }
}

/** Calls `visit` with each id that `options` select among those who are in `members` of rooms, once. */
export function forEachSelected(
  members: ReadonlyMap<Room, ReadonlySet<SocketId>>,
  sids: ReadonlyMap<SocketId, unknown>,
  { rooms, except }: BroadcastOptions,
  visit: (id: SocketId) => void,
): void {
  const excluded = union(members, except);
  const wanted = rooms.size === 0 ? sids.keys() : union(members, rooms);
  // A snapshot: who joins or leaves because of this very visit changes nothing.
  for (const id of [...wanted]) if (!excluded.has(id)) visit(id);
}

function union(members: ReadonlyMap<Room, ReadonlySet<SocketId>>, rooms: ReadonlySet<Room> | undefined): ReadonlySet<SocketId> {
  if (rooms === undefined || rooms.size === 0) return none;
  if (rooms.size === 1) for (const room of rooms) return members.get(room) ?? none;
  const ids = new Set<SocketId>();
  for (const room of rooms) for (const id of members.get(room) ?? none) ids.add(id);
  return ids;
}

const none: ReadonlySet<never> = new Set<never>();
