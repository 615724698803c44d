import type {
  AdapterContract,
  BroadcastFlags,
  FanOut,
  LocalSockets,
  Room,
  SocketDetails,
  SocketId,
} from "../adapter/adapter.ts";
import { Emitter } from "../events/emitter.ts";
import type { EventsMap } from "../events/event-maps.ts";
import { Batch } from "../wire/batch.ts";
import type { Packet } from "../wire/packet.ts";
import type { NamespaceParts } from "./parts.ts";
import { reservedServerEvents } from "./reasons.ts";
import type { Recovery } from "./recovery.ts";
import type { Return } from "./return.ts";
import { RoomTopics } from "./room-topics.ts";
import { SocketCore } from "./socket-core.ts";
import type { Socket } from "./socket.ts";

/** The sockets of one namespace on this server, and what its adapter may do with them. */
export abstract class NamespaceSockets<
    ListenEvents extends EventsMap,
    EmitEvents extends EventsMap,
    ServerSideEvents extends EventsMap,
    SocketData,
    Reserved extends EventsMap,
  >
  extends Emitter<ServerSideEvents, Reserved>
  implements LocalSockets
{
  /** With its leading slash. */
  readonly name: string;
  /** The connected sockets by their ids. */
  readonly sockets: Map<SocketId, Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>> = new Map();
  /** @internal */ readonly parts: NamespaceParts;
  /** Rooms and fan-out. */
  abstract readonly adapter: AdapterContract;
  /** @internal What broadcasts go through. */ abstract readonly fanOut: FanOut;
  /** @internal Acknowledgement ids used so far. */ ackIds = 0;
  /** @internal Present where the option `connectionStateRecovery` is on. */ recovery: Recovery | undefined;
  /** @internal Present where the platform has topics. */ readonly topics: RoomTopics | undefined;
  /** @internal Sockets that come back, until they are told so. */ readonly returning: Map<SocketId, Return> = new Map();

  constructor(name: string, parts: NamespaceParts) {
    super();
    this.name = name;
    this.parts = parts;
    if (parts.host.hasTopics === true) this.topics = new RoomTopics(this.sockets);
  }

  /** @internal */
  nextAckId(): number {
    return this.ackIds++;
  }

  /** @internal */
  encode(packet: Packet, flags: BroadcastFlags): Batch {
    packet.nsp = this.name;
    const batch = new Batch(this.parts.codec.encode(packet), flags.compress ?? true);
    batch.droppable = packet.id === undefined;
    return batch;
  }

  /** @internal */
  deliver(id: SocketId, packet: Packet, batch: Batch, flags: BroadcastFlags): void {
    const socket = this.sockets.get(id);
    if (socket !== undefined) socket.deliver(packet, batch, flags);
    else if (flags.volatile !== true) this.returning.get(id)?.hold(batch);
  }

  /** @internal */
  expectAck(id: SocketId, ackId: number, answered: (...args: unknown[]) => void, lost?: () => void): boolean {
    const socket = this.sockets.get(id);
    const isFull = socket?.pendingAcks.hasRoom(this.parts.engineOptions.limits.maxPendingAcks) === false;
    if (isFull) this.parts.faults.limitHit("maxPendingAcks", socket.conn);
    if (socket === undefined || isFull) {
      lost?.();
      return false;
    }
    socket.pendingAcks.add(ackId, { answered: (args) => answered(...args), lost });
    socket.client.changed();
    return true;
  }

  /** @internal */
  forgetAcks(ackId: number): void {
    for (const socket of this.sockets.values()) socket.pendingAcks.forget(ackId);
  }

  /** @internal */
  has(id: SocketId): boolean {
    return this.sockets.has(id);
  }

  /** @internal */
  describe(id: SocketId): SocketDetails | undefined {
    return this.sockets.get(id);
  }

  /** @internal */
  join(id: SocketId, rooms: Room[]): void {
    // One that has too many rooms must not keep the others from joining.
    this.parts.faults.run({ phase: "join", namespace: this.name }, () => this.sockets.get(id)?.join(rooms));
  }

  /** @internal */
  leave(id: SocketId, room: Room): void {
    this.parts.faults.run({ phase: "leave", namespace: this.name }, () => this.sockets.get(id)?.leave(room));
  }

  /** @internal */
  disconnect(id: SocketId, close: boolean): void {
    this.sockets.get(id)?.disconnect(close);
  }

  /** @internal */
  listenerFailed(error: unknown, event: string | symbol): void {
    this.parts.faults.report(error, { phase: "adapter event", event, namespace: this.name });
  }

  /** @internal */
  adapterFailed(error: unknown, what: string): void {
    this.parts.faults.report(error, { phase: `adapter.${what}`, namespace: this.name });
  }

  /** @internal */
  messageRefused(): void {
    this.parts.faults.limitHit("brokerMessage", undefined);
  }

  /** @internal */
  receiveServerSideEvent(args: readonly [event: string, ...rest: unknown[]]): void {
    if (typeof args[0] !== "string" || reservedServerEvents.has(args[0])) this.messageRefused();
    else this.dispatch(args[0], args.slice(1));
  }

  protected override onListenerSettled(_event: string | symbol, [socket]: readonly unknown[]): void {
    if (socket instanceof SocketCore) socket.client.touched();
  }

  protected override onListenerError(error: unknown, event: string | symbol, [subject]: readonly unknown[]): void {
    const phase = event === "connection" || event === "connect" ? "connection" : "event";
    const socket = subject instanceof SocketCore ? (subject as unknown as Socket) : undefined;
    this.parts.faults.report(error, { phase, event, namespace: this.name, socket });
  }
}
