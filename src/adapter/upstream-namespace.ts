import { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";
import { type Packet, PacketType } from "../wire/packet.ts";
import type { BroadcastFlags, LocalSockets, Room, SocketDetails, SocketId } from "./adapter.ts";
import type { RecoveryTerms } from "./recovery-terms.ts";

/** An event that this server broadcasts. */
export interface OwnEvent {
  /** Whether its own sockets have been sent it. */
  isDelivered: boolean;
  /** Whether the adapter has come to them after that, and is about to count them. */
  isLate: boolean;
  /** As it was at first; an adapter may append an offset. */
  readonly messages: readonly Message[];
  readonly length: number;
}

/** What an adapter sends together with the encoded packet. */
interface WriteOptions {
  readonly volatile?: boolean | undefined;
  readonly compress?: boolean | undefined;
}

/** A function for the answer of a socket; `lost` is ours, for a socket that leaves before. */
export type AnswerFunction = ((...args: unknown[]) => void) & { lost?: () => void };

/** A packet that an adapter has had encoded. */
interface Encoded {
  readonly packet: Packet;
  batch: Batch | undefined;
}

/**
 * A namespace as adapters made for `socket.io` know it: the members that the published ones use, and those of `LocalSockets`.
 *
 * It also knows which packets this server itself broadcasts, and lets its sockets have each of them once.
 */
export class UpstreamNamespace implements LocalSockets {
  readonly #local: LocalSockets;
  /** By the array of name and arguments, which adapters hand on as it is. */
  readonly #own = new WeakMap<readonly unknown[], OwnEvent>();
  /** That of an event whose sockets have been asked already: they answer under another. */
  #lateAckId: number | undefined;
  readonly #encoded = new WeakMap<readonly Message[], Encoded>();

  /** @internal compatibility */
  readonly server: { readonly encoder: { encode(packet: unknown): readonly Message[] }; readonly opts: object };
  /** @internal compatibility */
  readonly sockets: { get(id: SocketId): UpstreamSocket | undefined; has(id: SocketId): boolean };

  constructor(local: LocalSockets, options: object) {
    this.#local = local;
    const { recovery } = local;
    const opts = recovery === undefined ? options : { ...options, connectionStateRecovery: termsOf(recovery) };
    this.server = { encoder: { encode: (packet) => this.#encode(packet) }, opts };
    this.sockets = { get: (id) => (local.has(id) ? new UpstreamSocket(id, this) : undefined), has: (id) => local.has(id) };
  }

  get name(): string {
    return this.#local.name;
  }

  /** @internal compatibility: adapters count it up, and take the value from before. */
  get _ids(): number {
    return this.#local.nextAckId();
  }

  set _ids(_next: number) {}

  /** @internal compatibility: an event of another server. */
  _onServerSideEmit(args: unknown): void {
    if (isEventData(args)) this.#local.receiveServerSideEvent(args as [string, ...unknown[]]);
    else this.#local.messageRefused();
  }

  /** Says that `packet` is about to be broadcast by this server. Throws when it cannot be encoded. */
  announce(packet: Packet): OwnEvent {
    const data = packet.data as unknown[];
    const event: OwnEvent = { isDelivered: false, isLate: false, messages: this.#local.encode(packet, {}).messages, length: data.length };
    this.#own.set(data, event);
    return event;
  }

  /** Sends what an adapter has had encoded. */
  write(id: SocketId, messages: readonly Message[], { volatile, compress = true }: WriteOptions = {}): void {
    const encoded = this.#encoded.get(messages);
    if (encoded === undefined) return;
    encoded.batch ??= batchOf(messages, compress, encoded.packet);
    this.#local.deliver(id, encoded.packet, encoded.batch, { volatile, compress });
  }

  /** The messages of a packet; none where the sockets of this server have had it, or must not. */
  #encode(packet: unknown): readonly Message[] {
    if (!isEvent(packet)) {
      this.#local.messageRefused();
      return [];
    }
    const own = this.#own.get(packet.data as unknown[]);
    if (!this.#isDue(packet)) return [];
    const isUnchanged = packet.id === undefined && own?.length === (packet.data as unknown[]).length;
    const messages = isUnchanged ? own.messages : this.#encodeContained(packet);
    if (messages.length > 0) this.#encoded.set(messages, { packet, batch: undefined });
    return messages;
  }

  #isDue(packet: Packet): boolean {
    const own = this.#own.get(packet.data as unknown[]);
    if (own?.isDelivered === true) {
      own.isLate = true;
      this.#lateAckId = packet.id;
      return false;
    }
    if (own !== undefined) own.isDelivered = true;
    return true;
  }

  /** Adapters call from where nobody catches: a packet of another server that cannot be encoded must not end the process. */
  #encodeContained(packet: Packet): readonly Message[] {
    try {
      return this.#local.encode(packet, {}).messages;
    } catch (error) {
      this.#local.adapterFailed(error, "broadcast");
      return [];
    }
  }

  // ---- the port of our own adapters, for those that are made by a function

  get recovery(): RecoveryTerms | undefined {
    return this.#local.recovery;
  }

  nextAckId(): number {
    return this.#local.nextAckId();
  }

  encode(packet: Packet, flags: BroadcastFlags): Batch {
    return this.#isDue(packet) ? this.#local.encode(packet, flags) : new Batch([]);
  }

  deliver(id: SocketId, packet: Packet, batch: Batch, flags: BroadcastFlags): void {
    if (batch.messages.length > 0) this.#local.deliver(id, packet, batch, flags);
  }

  expectAck(id: SocketId, ackId: number, answered: (...args: unknown[]) => void, lost?: () => void): boolean {
    return ackId !== this.#lateAckId && this.#local.expectAck(id, ackId, answered, lost);
  }

  forgetAcks(ackId: number): void {
    this.#local.forgetAcks(ackId);
  }

  has(id: SocketId): boolean {
    return this.#local.has(id);
  }

  describe(id: SocketId): SocketDetails | undefined {
    return this.#local.describe(id);
  }

  join(id: SocketId, rooms: Room[]): void {
    this.#local.join(id, rooms);
  }

  leave(id: SocketId, room: Room): void {
    this.#local.leave(id, room);
  }

  disconnect(id: SocketId, close: boolean): void {
    this.#local.disconnect(id, close);
  }

  listenerFailed(error: unknown, event: string | symbol): void {
    this.#local.listenerFailed(error, event);
  }

  adapterFailed(error: unknown, what: string): void {
    this.#local.adapterFailed(error, what);
  }

  messageRefused(): void {
    this.#local.messageRefused();
  }

  receiveServerSideEvent(args: readonly [event: string, ...rest: unknown[]]): void {
    this.#local.receiveServerSideEvent(args);
  }
}

function batchOf(messages: readonly Message[], compress: boolean, { id }: Packet): Batch {
  const batch = new Batch(messages, compress);
  batch.droppable = id === undefined;
  return batch;
}

/** A socket of this server as adapters made for `socket.io` know it: a view that lasts as long as the call. */
export class UpstreamSocket implements SocketDetails {
  readonly id: SocketId;
  readonly #nsp: UpstreamNamespace;
  /** Adapters add an acknowledgement before they write what it is for. */
  #mayBeAsked = true;

  constructor(id: SocketId, nsp: UpstreamNamespace) {
    this.id = id;
    this.#nsp = nsp;
  }

  get handshake(): unknown {
    // Adapters look into it after a wait, in which the socket may have left.
    return this.#nsp.describe(this.id)?.handshake ?? {};
  }

  get rooms(): Iterable<Room> {
    return this.#nsp.describe(this.id)?.rooms ?? [];
  }

  get data(): unknown {
    return this.#nsp.describe(this.id)?.data;
  }

  /** @internal compatibility: `acks.set(ackId, answered)` */
  get acks(): this {
    return this;
  }

  /** @internal compatibility: `client.writeToEngine(messages, options)` */
  get client(): this {
    return this;
  }

  set(ackId: number, answered: AnswerFunction): void {
    const contained = (...args: unknown[]): void => {
      try {
        answered(...args);
      } catch (error) {
        this.#nsp.adapterFailed(error, "acknowledgement");
      }
    };
    this.#mayBeAsked = this.#nsp.expectAck(this.id, ackId, contained, answered.lost);
  }

  writeToEngine(messages: readonly Message[], options?: WriteOptions): void {
    if (this.#mayBeAsked) this.#nsp.write(this.id, messages, options);
  }

  /** @internal compatibility: the socket tells its listeners when it is written to. */
  notifyOutgoingListeners(): void {}

  join(rooms: Room | Room[]): void {
    this.#nsp.join(this.id, [rooms].flat());
  }

  leave(room: Room): void {
    this.#nsp.leave(this.id, room);
  }

  disconnect(close = false): void {
    this.#nsp.disconnect(this.id, close);
  }
}

/** The option with its defaults. */
function termsOf({ maxDisconnectionDuration }: RecoveryTerms): object {
  return { maxDisconnectionDuration };
}

/** Whether servers send each other such a packet. */
function isEvent(packet: unknown): packet is Packet {
  if (typeof packet !== "object" || packet === null) return false;
  const { type, data, id } = packet as Partial<Packet>;
  if (type !== PacketType.EVENT && type !== PacketType.BINARY_EVENT) return false;
  return isEventData(data) && (id === undefined || Number.isSafeInteger(id));
}

function isEventData(data: unknown): boolean {
  return Array.isArray(data) && (typeof data[0] === "string" || typeof data[0] === "number");
}
