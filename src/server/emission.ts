import type { BroadcastFlags, Room } from "../adapter/adapter.ts";
import type {
  AllButLast,
  BroadcastEvents,
  EventName,
  EventNamesWithAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TimedEvents,
} from "../events/event-maps.ts";
import type { BroadcastOperator } from "./broadcast.ts";

/** Flags of one emit to one socket. */
export type EmissionFlags = Pick<BroadcastFlags, "volatile" | "compress" | "timeout" | "local">;

/** What an emission needs of its socket. */
export interface EmissionTarget {
  /** @internal */
  emitWith(flags: EmissionFlags, event: string | symbol, args: unknown[]): void;
  /** @internal */
  emitWithAckWith(flags: EmissionFlags, event: string | symbol, args: unknown[]): Promise<unknown>;
  /** @internal A `BroadcastOperator` for everybody else. */
  broadcastWith(flags: BroadcastFlags): unknown;
}

/** An emit in the making: what `socket.volatile`, `socket.timeout(…)` and the like return. Immutable. */
export class Emission<EmitEvents extends EventsMap, SocketData, Target extends EmissionTarget = EmissionTarget> {
  readonly #target: Target;
  readonly #flags: EmissionFlags;

  constructor(target: Target, flags: EmissionFlags) {
    this.#target = target;
    this.#flags = flags;
  }

  /** {@link Socket.emit} */
  emit<E extends EventName<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): true {
    this.#target.emitWith(this.#flags, event, args);
    return true;
  }

  /** {@link Socket.emitWithAck} */
  emitWithAck<E extends EventNamesWithAck<EmitEvents>>(
    event: E,
    ...args: AllButLast<EventParams<EmitEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>> {
    type Answer = FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>;
    return this.#target.emitWithAckWith(this.#flags, event, args) as Promise<Answer>;
  }

  /** Emits `message`. */
  send(...args: EventParams<EmitEvents, "message">): Target {
    this.#target.emitWith(this.#flags, "message", args);
    return this.#target;
  }

  /** Does what `send` does. */
  write(...args: EventParams<EmitEvents, "message">): Target {
    return this.send(...args);
  }

  get volatile(): Emission<EmitEvents, SocketData, Target> {
    return new Emission(this.#target, { ...this.#flags, volatile: true });
  }

  compress(compress: boolean): Emission<EmitEvents, SocketData, Target> {
    return new Emission(this.#target, { ...this.#flags, compress });
  }

  timeout(timeout: number): Emission<TimedEvents<EmitEvents>, SocketData, Target> {
    return new Emission(this.#target, { ...this.#flags, timeout });
  }

  get broadcast(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.#target.broadcastWith(this.#flags) as BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData>;
  }

  get local(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.local;
  }

  to(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.to(room);
  }

  in(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.broadcast.except(room);
  }
}
