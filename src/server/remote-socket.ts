import type { Room, SocketDetails, SocketId } from "../adapter/adapter.ts";
import type {
  AllButLast,
  EventName,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TimedEvents,
} from "../events/event-maps.ts";
import type { BroadcastOperator } from "./broadcast.ts";
import type { Handshake } from "./handshake.ts";

/** A socket that may live on another server of the cluster. */
export class RemoteSocket<EmitEvents extends EventsMap, SocketData> {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: Set<Room>;
  readonly data: SocketData;
  readonly #operator: BroadcastOperator<EmitEvents, SocketData>;

  /** `operator` selects this socket alone. */
  constructor(operator: BroadcastOperator<EmitEvents, SocketData>, details: SocketDetails) {
    this.id = details.id;
    this.handshake = details.handshake as Handshake;
    this.rooms = new Set(details.rooms);
    this.data = details.data as SocketData;
    this.#operator = operator;
  }

  /** Sends an event to this socket. */
  emit<E extends EventName<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): boolean {
    return this.#operator.emit(event, ...args);
  }

  /** Sends an event and resolves to the answer. */
  emitWithAck<E extends EventNamesWithAck<EmitEvents>>(
    event: E,
    ...args: AllButLast<EventParams<EmitEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>> {
    return this.#operator.emitDataWithAck([event, ...args]);
  }

  /** Waits `timeout` milliseconds for the acknowledgement of the next event. */
  timeout(timeout: number): BroadcastOperator<TimedEvents<EmitEvents>, SocketData> {
    return this.#operator.timeout(timeout);
  }

  join(room: Room | Room[]): void {
    this.#operator.socketsJoin(room);
  }

  leave(room: Room): void {
    this.#operator.socketsLeave(room);
  }

  disconnect(close = false): this {
    this.#operator.disconnectSockets(close);
    return this;
  }
}
