import type { Room, SocketId } from "../adapter/adapter.ts";
import type {
  AllButLast,
  BroadcastEvents,
  EventName,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
  TimedBroadcastEvents,
  TimedEvents,
} from "../events/event-maps.ts";
import { withResponses } from "./answers.ts";
import { BroadcastOperator } from "./broadcast.ts";
import { NamespaceSockets } from "./namespace-sockets.ts";
import { reservedServerEvents } from "./reasons.ts";
import type { RemoteSocket } from "./remote-socket.ts";

/** What an app says to a whole namespace, and asks it. */
export abstract class NamespaceFace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
  Reserved extends EventsMap,
> extends NamespaceSockets<ListenEvents, EmitEvents, ServerSideEvents, SocketData, Reserved> {
  /** {@link BroadcastOperator.to} */
  to(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.to(room);
  }

  /** {@link BroadcastOperator.to} */
  in(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.to(room);
  }

  /** {@link BroadcastOperator.except} */
  except(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.except(room);
  }

  /** {@link BroadcastOperator.compress} */
  compress(compress: boolean): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.compress(compress);
  }

  /** {@link BroadcastOperator.volatile} */
  get volatile(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.volatile;
  }

  /** {@link BroadcastOperator.local} */
  get local(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.everyone.local;
  }

  /** {@link BroadcastOperator.timeout} */
  timeout(timeout: number): BroadcastOperator<TimedEvents<BroadcastEvents<EmitEvents>>, SocketData> {
    return this.everyone.timeout(timeout);
  }

  /** {@link BroadcastOperator.emit} */
  emit<E extends EventNamesWithoutAck<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): boolean {
    return this.everyone.emitData([event, ...args]);
  }

  /** {@link BroadcastOperator.emitWithAck} */
  emitWithAck<E extends EventNamesWithAck<BroadcastEvents<EmitEvents>>>(
    event: E,
    ...args: AllButLast<EventParams<BroadcastEvents<EmitEvents>, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<BroadcastEvents<EmitEvents>, E>>>> {
    return this.everyone.emitDataWithAck([event, ...args]);
  }

  /** Emits `message` to everyone. */
  send(...args: EventParams<EmitEvents, "message">): this {
    this.everyone.emitData(["message", ...args]);
    return this;
  }

  /** Does what `send` does. */
  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  /** {@link BroadcastOperator.allSockets} */
  allSockets(): Promise<Set<SocketId>> {
    return this.everyone.allSockets();
  }

  /** {@link BroadcastOperator.fetchSockets} */
  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return new BroadcastOperator<EmitEvents, SocketData>(this).fetchSockets();
  }

  /** {@link BroadcastOperator.socketsJoin} */
  socketsJoin(room: Room | Room[]): void {
    this.everyone.socketsJoin(room);
  }

  /** {@link BroadcastOperator.socketsLeave} */
  socketsLeave(room: Room | Room[]): void {
    this.everyone.socketsLeave(room);
  }

  /** {@link BroadcastOperator.disconnectSockets} */
  disconnectSockets(close = false): void {
    this.everyone.disconnectSockets(close);
  }

  /** @internal */
  get everyone(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return new BroadcastOperator(this);
  }

  /** Sends an event to the other servers of the cluster; a last function gets `(error, responses)`. */
  serverSideEmit<E extends EventName<ServerSideEvents>>(
    event: E,
    ...args: EventParams<TimedBroadcastEvents<ServerSideEvents>, E>
  ): boolean {
    return this.serverSideEmitData([event, ...args]);
  }

  /** Sends an event to the other servers and resolves to their answers; rejects, with `responses`, where some are missing. */
  serverSideEmitWithAck<E extends EventNamesWithAck<ServerSideEvents>>(
    event: E,
    ...args: AllButLast<EventParams<ServerSideEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, E>>>[]> {
    return this.serverSideEmitDataWithAck([event, ...args]);
  }

  /** @internal `serverSideEmit` for callers whose types say the same in other words. */
  serverSideEmitData(data: readonly unknown[]): boolean {
    const event = data[0] as string;
    if (reservedServerEvents.has(event)) throw new Error(`"${event}" is a reserved event name`);
    const callback = data.at(-1);
    const context = { phase: "ack", event, namespace: this.name };
    const contained = (...args: unknown[]): void => {
      this.parts.faults.run(context, () => (callback as (...args: unknown[]) => unknown)(...args));
    };
    this.fanOut.serverSideEmit(typeof callback === "function" ? [...data.slice(0, -1), contained] : [...data]);
    return true;
  }

  /** @internal `serverSideEmitWithAck` for callers whose types say the same in other words. */
  serverSideEmitDataWithAck(data: readonly unknown[]): Promise<never[]> {
    return new Promise((resolve, reject) => {
      const answered = (error: Error | null, responses: never[]): void => {
        if (error) reject(withResponses(error, responses));
        else resolve(responses);
      };
      this.serverSideEmitData([...data, answered]);
    });
  }
}
