import type { BroadcastOptions, Room, SocketId, TopicTerms } from "../adapter/adapter.ts";
import type { Batch } from "../wire/batch.ts";
import type { AnySocket } from "./peer-sockets.ts";
import { RoomTopic } from "./room-topic.ts";

type Members = ReadonlyMap<Room, ReadonlySet<SocketId>>;

/** Members from which a topic is less work than a loop. */
const FEWEST = 3;

/** Sends to rooms through topics of the platform, where that does what a loop does: to a whole room, or to all of it but one. */
export class RoomTopics implements TopicTerms {
  readonly #sockets: ReadonlyMap<SocketId, AnySocket>;
  readonly #topics = new Map<Room, RoomTopic>();

  constructor(sockets: ReadonlyMap<SocketId, AnySocket>) {
    this.#sockets = sockets;
  }

  broadcast(batch: Batch, { rooms, except, flags }: BroadcastOptions, members: Members, deliver: (id: SocketId) => void): boolean {
    const room = only(rooms);
    // Whether what is volatile is dropped depends on each client.
    if (room === undefined || flags?.volatile === true) return false;
    const audience = members.get(room);
    if (audience === undefined || audience.size < FEWEST) return false;
    const excluded = except === undefined || except.size === 0 ? none : membersOf(except, members);
    if (excluded === undefined || excluded.size > 1) return false;
    const sender = only(excluded);
    const topic = this.#topicOf(room, audience);
    return topic.send(batch, sender !== undefined && audience.has(sender) ? sender : undefined, deliver);
  }

  joined(room: Room, id: SocketId): void {
    this.#topics.get(room)?.joined(id);
  }

  left(room: Room, id: SocketId): void {
    const topic = this.#topics.get(room);
    topic?.left(id);
    if (topic?.isDeserted === true) this.#topics.delete(room);
  }

  clear(): void {
    for (const topic of this.#topics.values()) topic.close();
    this.#topics.clear();
  }

  /** From now on `socket` must be sent to by itself. */
  setApart(socket: AnySocket): void {
    if (this.#topics.size === 0) return;
    for (const room of socket.rooms) this.#topics.get(room)?.setApart(socket.id);
  }

  #topicOf(room: Room, members: ReadonlySet<SocketId>): RoomTopic {
    const present = this.#topics.get(room);
    if (present?.members === members) return present;
    // Another adapter's, or somebody has emptied the room by hand.
    present?.close();
    const topic = new RoomTopic(members, this.#sockets);
    this.#topics.set(room, topic);
    return topic;
  }
}

const none: ReadonlySet<never> = new Set<never>();

/** The members of the one room of `rooms`; `undefined` where there are more rooms. */
function membersOf(rooms: ReadonlySet<Room>, members: Members): ReadonlySet<SocketId> | undefined {
  const room = only(rooms);
  return room === undefined ? undefined : (members.get(room) ?? none);
}

/** The element of a set that has one; otherwise `undefined`. */
function only<T>(set: ReadonlySet<T>): T | undefined {
  if (set.size !== 1) return undefined;
  for (const element of set) return element;
  return undefined;
}
