import { Emitter } from "../events/emitter.ts";
import type { Packet } from "../wire/packet.ts";
import type {
  AdapterContract,
  BroadcastOptions,
  LocalSockets,
  Room,
  SocketDetails,
  SocketId,
} from "./adapter.ts";
import { type RoomEvents, Rooms } from "./rooms.ts";

/** The adapter of a server that stands alone; base class for others. */
export class MemoryAdapter extends Emitter<RoomEvents> implements AdapterContract {
  /** The namespace that this adapter serves. */
  readonly nsp: LocalSockets;
  readonly #rooms: Rooms;

  constructor(nsp: LocalSockets) {
    super();
    this.nsp = nsp;
    this.#rooms = new Rooms((event, room, id) => this.dispatch(event, id === undefined ? [room] : [room, id]), nsp.topics);
  }

  get rooms(): Map<Room, Set<SocketId>> {
    return this.#rooms.members;
  }

  get sids(): Map<SocketId, Set<Room>> {
    return this.#rooms.sids;
  }

  init(): Promise<void> | void {}

  close(): Promise<void> | void {}

  serverCount(): Promise<number> {
    return Promise.resolve(1);
  }

  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void {
    this.#rooms.add(id, rooms);
  }

  del(id: SocketId, room: Room): Promise<void> | void {
    this.#rooms.remove(id, room);
  }

  delAll(id: SocketId): void {
    this.#rooms.removeAll(id);
  }

  broadcast(packet: Packet, options: BroadcastOptions): void {
    const { nsp } = this;
    const flags = options.flags ?? {};
    const batch = nsp.encode(packet, flags);
    const deliver = (id: SocketId): void => nsp.deliver(id, packet, batch, flags);
    if (nsp.topics?.broadcast(batch, options, this.#rooms.members, deliver) !== true) this.#rooms.forEach(options, deliver);
  }

  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): (() => void) | void {
    const { nsp } = this;
    const flags = options.flags ?? {};
    const ackId = nsp.nextAckId();
    packet.id = ackId;
    const batch = nsp.encode(packet, flags);
    const ids: SocketId[] = [];
    this.#rooms.forEach(options, (id) => void (nsp.has(id) && ids.push(id)));
    counted(ids.length);
    for (const id of ids) {
      if (nsp.expectAck(id, ackId, answered, lost)) nsp.deliver(id, packet, batch, flags);
    }
    return () => nsp.forgetAcks(ackId);
  }

  sockets(rooms: Set<Room>): Promise<Set<SocketId>> {
    const ids = new Set<SocketId>();
    this.#rooms.forEach({ rooms }, (id) => void (this.nsp.has(id) && ids.add(id)));
    return Promise.resolve(ids);
  }

  socketRooms(id: SocketId): Set<Room> | undefined {
    return this.#rooms.sids.get(id);
  }

  fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]> {
    const found: SocketDetails[] = [];
    this.#rooms.forEach(options, (id) => {
      const details = this.nsp.describe(id);
      if (details !== undefined) found.push(details);
    });
    return Promise.resolve(found);
  }

  /** Calls `visit` with each id that `options` select, once. */
  protected select(options: BroadcastOptions, visit: (id: SocketId) => void): void {
    this.#rooms.forEach(options, visit);
  }

  addSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#rooms.forEach(options, (id) => this.nsp.join(id, rooms));
  }

  delSockets(options: BroadcastOptions, rooms: Room[]): void {
    this.#rooms.forEach(options, (id) => {
      for (const room of rooms) this.nsp.leave(id, room);
    });
  }

  disconnectSockets(options: BroadcastOptions, close: boolean): void {
    this.#rooms.forEach(options, (id) => this.nsp.disconnect(id, close));
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.nsp.listenerFailed(error, event);
  }

  /** There is no other server: whoever waits for answers gets none, at once. */
  serverSideEmit(packet: unknown[]): void {
    const last = packet.at(-1);
    if (typeof last === "function") (last as (error: null, responses: unknown[]) => void)(null, []);
  }
}
