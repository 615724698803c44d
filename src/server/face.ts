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
import { EmitterFace } from "../events/emitter-face.ts";
import type { BroadcastOperator } from "./broadcast.ts";
import type { NamespaceReservedEvents } from "./namespace-events.ts";
import type { NamespaceMiddleware } from "./middleware.ts";
import type { Namespace } from "./namespace.ts";
import type { RemoteSocket } from "./remote-socket.ts";
import { noUWebSockets, retiredOrigins, retiredSetting } from "./retired.ts";
import type { Socket } from "./socket.ts";

/** What a server does in the name of its main namespace, `/`: each method is the one of `Namespace`. */
export abstract class ServerFace<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> extends EmitterFace<
  ServerSideEvents,
  NamespaceReservedEvents<ListenEvents, EmitEvents, ServerSideEvents, SocketData>
> {
  /** The main namespace, `/`. */
  abstract readonly sockets: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;

  protected override get emitter(): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    return this.sockets;
  }

  use(middleware: NamespaceMiddleware<Socket<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>): this {
    this.sockets.use(middleware);
    return this;
  }

  to(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.to(room);
  }

  in(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.to(room);
  }

  except(room: Room | Room[]): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.except(room);
  }

  compress(compress: boolean): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.compress(compress);
  }

  timeout(timeout: number): BroadcastOperator<TimedEvents<BroadcastEvents<EmitEvents>>, SocketData> {
    return this.sockets.timeout(timeout);
  }

  get volatile(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.volatile;
  }

  get local(): BroadcastOperator<BroadcastEvents<EmitEvents>, SocketData> {
    return this.sockets.local;
  }

  emit<E extends EventNamesWithoutAck<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): boolean {
    return this.sockets.everyone.emitData([event, ...args]);
  }

  emitWithAck<E extends EventNamesWithAck<BroadcastEvents<EmitEvents>>>(
    event: E,
    ...args: AllButLast<EventParams<BroadcastEvents<EmitEvents>, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<BroadcastEvents<EmitEvents>, E>>>> {
    return this.sockets.everyone.emitDataWithAck([event, ...args]);
  }

  send(...args: EventParams<EmitEvents, "message">): this {
    this.sockets.send(...args);
    return this;
  }

  write(...args: EventParams<EmitEvents, "message">): this {
    return this.send(...args);
  }

  allSockets(): Promise<Set<SocketId>> {
    return this.sockets.allSockets();
  }

  fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    return this.sockets.fetchSockets();
  }

  socketsJoin(room: Room | Room[]): void {
    this.sockets.socketsJoin(room);
  }

  socketsLeave(room: Room | Room[]): void {
    this.sockets.socketsLeave(room);
  }

  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  serverSideEmit<E extends EventName<ServerSideEvents>>(
    event: E,
    ...args: EventParams<TimedBroadcastEvents<ServerSideEvents>, E>
  ): boolean {
    return this.sockets.serverSideEmitData([event, ...args]);
  }

  serverSideEmitWithAck<E extends EventNamesWithAck<ServerSideEvents>>(
    event: E,
    ...args: AllButLast<EventParams<ServerSideEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<ServerSideEvents, E>>>[]> {
    return this.sockets.serverSideEmitDataWithAck([event, ...args]);
  }

  // ---- what is gone, and says so

  /** Throws what to write today. @deprecated settings are options of the constructor */
  set(name: string, _value?: unknown): never {
    throw retiredSetting(name);
  }

  /** Throws what to write today. @deprecated use the option `cors` */
  origins(..._origins: unknown[]): never {
    throw retiredOrigins();
  }

  /** Throws: there is no binding to uWebSockets.js. @deprecated use Bun, or `attach` with a server of `node:http` */
  attachApp(_app: unknown, _options?: unknown): never {
    throw noUWebSockets();
  }
}
