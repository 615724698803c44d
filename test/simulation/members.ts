import type { Namespace, Session, Socket } from "../../src/index.ts";
import type { Fate } from "./observations.ts";

/** Whether something may be dropped: no; where the option `slowConsumer` says so; where the connection is full; or for another reason. */
export type Drop = "no" | "by policy" | "volatile" | "maybe";

/** Who is where, by the app's own record: what the adapter says is compared with it. */
export class Members {
  readonly #rooms = new Map<Socket, Set<string>>();
  readonly #leaving = new Set<Socket>();
  readonly #expected = new WeakMap<Socket, string>();

  /** Rooms of those that were there before a sleep. */
  readonly #asleep = new Map<string, ReadonlySet<string>>();
  /** Those that may come back. */
  readonly #lost = new Map<string, { readonly socket: Socket; readonly rooms: Set<string> }>();

  constructor(before?: Members) {
    // Whoever was there has its rooms when it goes on.
    if (before === undefined) return;
    for (const [socket, rooms] of before.#rooms) this.#asleep.set(socket.id, rooms);
    for (const [id, lost] of before.#lost) this.#lost.set(id, lost);
  }

  /** Each socket with its rooms, without the one of its own. */
  get places(): ReadonlyMap<Socket, ReadonlySet<string>> {
    return this.#rooms;
  }

  all(): Socket[] {
    return [...this.#rooms.keys()];
  }

  roomsOf(socket: Socket): ReadonlySet<string> | undefined {
    return this.#rooms.get(socket);
  }

  /** Sockets of a namespace in any of `rooms`, or all, without those in `except`. */
  select(nsp: object, rooms: readonly string[], except: readonly string[]): Socket[] {
    const found: Socket[] = [];
    for (const [socket, joined] of this.#rooms) {
      if (socket.nsp !== nsp || except.some((room) => joined.has(room))) continue;
      if (rooms.length === 0 || rooms.some((room) => joined.has(room))) found.push(socket);
    }
    return found;
  }

  /** Sockets that such a broadcast reaches although their `connection` listener is still to be called. */
  unannounced({ sockets }: Namespace, rooms: readonly string[], except: readonly string[]): Socket[] {
    return [...sockets.values()].filter((socket) => {
      if (!socket.connected || this.#rooms.has(socket) || except.some((room) => socket.rooms.has(room))) return false;
      return rooms.length === 0 || rooms.some((room) => socket.rooms.has(room));
    });
  }

  /** It joins this room in its middleware. */
  expect(socket: Socket, room: string): void {
    this.#expected.set(socket, room);
    // One that comes back is itself already: should its client leave again, it has this room.
    this.#lost.get(socket.id)?.rooms.add(room);
  }

  add(socket: Socket): void {
    const room = this.#expected.get(socket);
    const before = socket.recovered ? (this.#asleep.get(socket.id) ?? this.#lost.get(socket.id)?.rooms) : undefined;
    this.#lost.delete(socket.id);
    this.#asleep.delete(socket.id);
    this.#rooms.set(socket, new Set([...(before ?? []), ...(room === undefined ? [] : [room])]));
  }

  /** The same of those whose clients are away. */
  selectLost({ name }: Namespace, rooms: readonly string[], except: readonly string[]): string[] {
    const found: string[] = [];
    for (const [id, { socket, rooms: joined }] of this.#lost) {
      if (socket.nsp.name !== name || except.some((room) => joined.has(room))) continue;
      if (rooms.length === 0 || rooms.some((room) => joined.has(room))) found.push(id);
    }
    return found;
  }

  /** The socket that now has this one's id. */
  present(socket: Socket): Socket {
    if (this.#rooms.has(socket)) return socket;
    return this.all().find(({ id }) => id === socket.id) ?? socket;
  }

  isLost({ id }: Socket): boolean {
    return this.#lost.has(id);
  }

  join(socket: Socket, room: string, limit: number): void {
    const rooms = this.#rooms.get(socket);
    if (rooms !== undefined && (rooms.has(room) || rooms.size < limit)) rooms.add(room);
  }

  leave(socket: Socket, room: string): void {
    this.#rooms.get(socket)?.delete(room);
  }

  leaving(socket: Socket): void {
    this.#leaving.add(socket);
  }

  remove(socket: Socket, mayComeBack: boolean): void {
    if (mayComeBack) this.#lost.set(socket.id, { socket, rooms: this.#rooms.get(socket) ?? new Set() });
    this.#rooms.delete(socket);
    this.#leaving.delete(socket);
  }

  /** Nobody comes back any more. */
  forgetLost(): void {
    this.#lost.clear();
    this.#asleep.clear();
  }

  /** What must become of something that is sent to `socket` now. */
  fateOf(socket: Socket, drop: Drop): Fate {
    const { conn } = socket;
    if (!socket.connected || this.#leaving.has(socket) || conn.readyState !== "open" || drop === "maybe") return "unsure";
    if (drop === "no") return "sure";
    if (drop === "by policy") return dropsEvents(conn) ? "unsure" : "sure";
    const { webSocket } = conn;
    if (webSocket === undefined) return "unsure";
    if (webSocket.bufferedAmount >= conn.owner.options.limits.highWaterMark) return "dropped";
    return dropsEvents(conn) ? "unsure" : "sure";
  }
}

/** Whether events that want no acknowledgement are dropped at a limit that is low enough to be met. */
function dropsEvents({ owner }: Session): boolean {
  const { slowConsumer, limits } = owner.options;
  return slowConsumer !== "close" && limits.maxBufferedBytes < 10_000;
}
