import type { Emitter } from "../events/emitter.ts";
import type { Batch } from "../wire/batch.ts";
import type { Packet } from "../wire/packet.ts";
import type { RecoveryTerms } from "./recovery-terms.ts";
import type { RoomEvents } from "./rooms.ts";

/** Id of a socket in its namespace. */
export type SocketId = string;
/** Name of a room. Each socket is in the room of its own id. */
export type Room = string;

/** How a broadcast is to be delivered. */
export interface BroadcastFlags {
  readonly volatile?: boolean | undefined;
  readonly compress?: boolean | undefined;
  /** Only to sockets of this server. */
  readonly local?: boolean | undefined;
  readonly broadcast?: boolean | undefined;
  readonly binary?: boolean | undefined;
  /** Milliseconds to wait for acknowledgements. */
  readonly timeout?: number | undefined;
  /** The answer of one socket, not of many, is wanted. */
  readonly expectSingleResponse?: boolean | undefined;
}

/** Whom a broadcast is for: the union of `rooms` (none: everyone) without the union of `except`. */
export interface BroadcastOptions {
  rooms: Set<Room>;
  except?: Set<Room>;
  flags?: BroadcastFlags;
}

/** What one node tells another about a socket. */
export interface SocketDetails {
  readonly id: SocketId;
  // oxlint-disable-next-line no-explicit-any
  readonly handshake: any;
  readonly rooms: Iterable<Room>;
  // oxlint-disable-next-line no-explicit-any
  readonly data: any;
}

/** A socket whose client was lost, as it is kept until the client comes back: connection state recovery. */
export interface PersistedSession {
  readonly sid: SocketId;
  /** The secret that its client shows when it comes back. */
  readonly pid: string;
  readonly rooms: Room[];
  readonly data: unknown;
}

/** A socket that goes on, and the events that its client has missed. */
export interface RestoredSession extends PersistedSession {
  /** In order, each as `[event, ...args, offset]`, or encoded already. */
  readonly missedPackets: readonly (unknown[] | Batch)[];
}

/** Sends to rooms through topics of the platform. */
export interface TopicTerms {
  /**
   * Sends `batch` to whom `options` select among `members`, where a topic reaches them; calls `deliver` for those of them that it does not reach.
   *
   * Returns whether it did.
   */
  broadcast(batch: Batch, options: BroadcastOptions, members: ReadonlyMap<Room, ReadonlySet<SocketId>>, deliver: (id: SocketId) => void): boolean;
  /** `members` of the room have `id` among them now. */
  joined(room: Room, id: SocketId): void;
  left(room: Room, id: SocketId): void;
  /** There are no rooms any more. */
  clear(): void;
}

/** What a namespace lets its adapter do with the sockets of this server: the adapter knows ids, never sockets. */
export interface LocalSockets {
  readonly name: string;
  /** Present where the option `connectionStateRecovery` is on. */
  readonly recovery?: RecoveryTerms | undefined;
  /** Present where the platform has topics. Whoever broadcasts through them tells them of all rooms. */
  readonly topics?: TopicTerms | undefined;
  /** A number that no packet of this namespace awaits an answer under. */
  nextAckId(): number;
  encode(packet: Packet, flags: BroadcastFlags): Batch;
  /** Sends to a connected socket; nothing happens to an id that is none. */
  deliver(id: SocketId, packet: Packet, batch: Batch, flags: BroadcastFlags): void;
  /**
   * Calls `answered` with the arguments of the answer to packet `ackId`, or `lost` if the socket leaves before.
   *
   * Without `lost`, the answer is for another server, which may have given up waiting: what is too old then gives way to what is new.
   * Returns whether the socket is there and may be asked; if not, `lost` has been called.
   */
  expectAck(id: SocketId, ackId: number, answered: (...args: unknown[]) => void, lost?: () => void): boolean;
  /** Drops the answers that are still awaited under `ackId`. */
  forgetAcks(ackId: number): void;
  has(id: SocketId): boolean;
  describe(id: SocketId): SocketDetails | undefined;
  join(id: SocketId, rooms: Room[]): void;
  leave(id: SocketId, room: Room): void;
  disconnect(id: SocketId, close: boolean): void;
  /** A listener of the adapter's events failed. */
  listenerFailed(error: unknown, event: string | symbol): void;
  /** What the adapter was asked to do, `what`, failed. */
  adapterFailed(error: unknown, what: string): void;
  /** Another server sent what is none of what servers send each other. */
  messageRefused(): void;
  /** An event of another server, `[event, ...args]`. */
  receiveServerSideEvent(args: readonly [event: string, ...rest: unknown[]]): void;
}

/** Rooms and fan-out of one namespace. The in-memory one is `Adapter`; others extend it or do the same. */
export interface AdapterContract {
  readonly rooms: Map<Room, Set<SocketId>>;
  readonly sids: Map<SocketId, Set<Room>>;
  init(): Promise<void> | void;
  close(): Promise<void> | void;
  /** How many servers there are. */
  serverCount(): Promise<number>;
  addAll(id: SocketId, rooms: Set<Room>): Promise<void> | void;
  del(id: SocketId, room: Room): Promise<void> | void;
  delAll(id: SocketId): void;
  broadcast(packet: Packet, options: BroadcastOptions): void;
  /**
   * Broadcasts an event that is to be acknowledged.
   *
   * `counted` is called once per server with its number of recipients, `answered` once per answer, and `lost` once per
   * recipient that left without one. May return a function that stops waiting.
   */
  broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): (() => void) | void;
  sockets(rooms: Set<Room>): Promise<Set<SocketId>>;
  socketRooms(id: SocketId): Set<Room> | undefined;
  fetchSockets(options: BroadcastOptions): Promise<SocketDetails[]>;
  addSockets(options: BroadcastOptions, rooms: Room[]): void;
  delSockets(options: BroadcastOptions, rooms: Room[]): void;
  disconnectSockets(options: BroadcastOptions, close: boolean): void;
  /** Sends `[event, ...args]`, and perhaps a last function for the answers, to the other servers. */
  serverSideEmit(packet: unknown[]): void;
  /**
   * Keeps a socket whose client was lost. Called where the option `connectionStateRecovery` is on.
   *
   * An adapter that has this and `restoreSession` adds its offset as the last argument to each event that it broadcasts.
   */
  persistSession?(session: PersistedSession): Promise<void> | void;
  /** Gives a socket back, once, if nothing that was sent after `offset` is lost; a rejection counts as `null`. */
  restoreSession?(pid: string, offset: string | undefined): Promise<RestoredSession | null> | RestoredSession | null;
}

/** An adapter as the app sees it: that of this package, and those that extend it, tell of rooms. */
export type NamespaceAdapter = AdapterContract & Emitter<RoomEvents>;

/** What an adapter does with many sockets at once, or with the other servers. */
export interface FanOut
  extends Pick<
    AdapterContract,
    | "broadcast"
    | "broadcastWithAck"
    | "serverCount"
    | "sockets"
    | "fetchSockets"
    | "addSockets"
    | "delSockets"
    | "disconnectSockets"
    | "serverSideEmit"
  > {
  /** Milliseconds to wait for acknowledgements where the app does not say, since those of other servers may get lost. @default no end */
  readonly ackTimeout?: number | undefined;
  /** How often a broadcast with acknowledgements calls `counted`, where that is not once for each server it goes to. */
  counts?(isLocal: boolean): Promise<number>;
}

/** Makes the adapter of a namespace: a class, or a function such as `createAdapter()` of a published adapter returns. */
export type AdapterFactory =
  // Adapters made for other servers name the namespace's type as they like.
  // oxlint-disable-next-line no-explicit-any
  (new (namespace: any) => AdapterContract) | ((namespace: any) => AdapterContract);
