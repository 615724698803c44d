import type { BroadcastFlags, FanOut, Room, SocketDetails, SocketId } from "../adapter/adapter.ts";
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
import type { Timer } from "../schedule.ts";
import { PacketType } from "../wire/packet.ts";
import { Answers, withResponses } from "./answers.ts";
import { withoutSession } from "./dialect.ts";
import type { NamespaceParts } from "./parts.ts";
import { assertNotReserved } from "./reasons.ts";
import { RemoteSocket } from "./remote-socket.ts";
import { SocketCore } from "./socket-core.ts";

/** What a broadcast needs of its namespace. */
export interface BroadcastTarget {
  readonly fanOut: FanOut;
  readonly parts: NamespaceParts;
  readonly name: string;
  /** Drops the acknowledgements that are still awaited under this id. */
  forgetAcks(ackId: number): void;
}

type AckFunction = (error: Error | null, responses: unknown) => void;

/**
 * Says something to many sockets, or does something with them.
 *
 * Immutable: each of `to`, `except`, `timeout` … returns a new one, so a flag is never left behind.
 */
export class BroadcastOperator<EmitEvents extends EventsMap, SocketData> {
  readonly #target: BroadcastTarget;
  readonly #rooms: ReadonlySet<Room>;
  readonly #except: ReadonlySet<Room>;
  readonly #flags: BroadcastFlags;

  constructor(
    target: BroadcastTarget,
    rooms: ReadonlySet<Room> = new Set(),
    except: ReadonlySet<Room> = new Set(),
    flags: BroadcastFlags = {},
  ) {
    this.#target = target;
    this.#rooms = rooms;
    this.#except = except;
    this.#flags = flags;
  }

  /** Only to the members of `room`; several calls add up, and each socket gets the event once. */
  to(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#target, union(this.#rooms, room), this.#except, this.#flags);
  }

  /** Does what `to` does. */
  in(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return this.to(room);
  }

  /** Not to the members of `room`, whatever else is said. */
  except(room: Room | Room[]): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#target, this.#rooms, union(this.#except, room), this.#flags);
  }

  /** Whether transports may compress the event. */
  compress(compress: boolean): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ compress });
  }

  /** The event may be dropped for clients that cannot take it right now. */
  get volatile(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ volatile: true });
  }

  /** Only to sockets of this server. */
  get local(): BroadcastOperator<EmitEvents, SocketData> {
    return this.#with({ local: true });
  }

  /** Waits `timeout` milliseconds for acknowledgements; the callback then gets an error and the answers so far. */
  timeout(timeout: number): BroadcastOperator<TimedEvents<EmitEvents>, SocketData> {
    return this.#with({ timeout }) as unknown as BroadcastOperator<TimedEvents<EmitEvents>, SocketData>;
  }

  /**
   * Sends an event. A last argument that is a function gets `(error, responses)` once all have answered.
   *
   * Throws when the name is reserved, or the arguments cannot be encoded.
   */
  emit<E extends EventName<EmitEvents>>(event: E, ...args: EventParams<EmitEvents, E>): boolean {
    return this.emitData([event, ...args]);
  }

  /** Sends an event and resolves to the answers; rejects, with `responses`, where some are missing. */
  emitWithAck<E extends EventNamesWithAck<EmitEvents>>(
    event: E,
    ...args: AllButLast<EventParams<EmitEvents, E>>
  ): Promise<FirstNonErrorArg<Last<EventParams<EmitEvents, E>>>> {
    return this.emitDataWithAck([event, ...args]);
  }

  /** @internal `emit` for callers whose types say the same in other words. */
  emitData(data: readonly unknown[]): boolean {
    assertNotReserved(data[0] as string);
    const { parts, name } = this.#target;
    parts.logs.namespace?.("%s emits %j to %j except %j", name, data, shown(this.#rooms), shown(this.#except));
    const callback = data.at(-1);
    if (typeof callback === "function") this.#emitWithAck(data.slice(0, -1), callback as AckFunction);
    else this.#target.fanOut.broadcast({ type: PacketType.EVENT, nsp: this.#target.name, data }, this.#options());
    return true;
  }

  /** @internal `emitWithAck` for callers whose types say the same in other words. */
  emitDataWithAck(data: readonly unknown[]): Promise<never> {
    return new Promise((resolve, reject) => {
      assertNotReserved(data[0] as string);
      this.#emitWithAck(data, (error, responses) => {
        if (error) reject(withResponses(error, responses));
        else resolve(responses as never);
      });
    });
  }

  /** The ids of the selected sockets. Deprecated upstream in favour of `fetchSockets`. */
  allSockets(): Promise<Set<SocketId>> {
    return this.#target.fanOut.sockets(new Set(this.#rooms));
  }

  /** The selected sockets, of every server. */
  async fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    const found = await this.#target.fanOut.fetchSockets(this.#options());
    return found.flatMap((details) => asRemote<EmitEvents, SocketData>(this.#target, details) ?? []);
  }

  /** Makes the selected sockets join. */
  socketsJoin(room: Room | Room[]): void {
    this.#target.fanOut.addSockets(this.#options(), [room].flat());
  }

  /** Makes the selected sockets leave. */
  socketsLeave(room: Room | Room[]): void {
    this.#target.fanOut.delSockets(this.#options(), [room].flat());
  }

  /** Disconnects the selected sockets; `close` ends their connections too. */
  disconnectSockets(close = false): void {
    this.#target.fanOut.disconnectSockets(this.#options(), close);
  }

  #with(flags: BroadcastFlags): BroadcastOperator<EmitEvents, SocketData> {
    return new BroadcastOperator(this.#target, this.#rooms, this.#except, { ...this.#flags, ...flags });
  }

  #options(): { rooms: Set<Room>; except: Set<Room>; flags: BroadcastFlags } {
    return { rooms: new Set(this.#rooms), except: new Set(this.#except), flags: this.#flags };
  }

  #emitWithAck(data: readonly unknown[], callback: AckFunction): void {
    const packet = { type: PacketType.EVENT, nsp: this.#target.name, data, id: undefined as number | undefined };
    const { faults, schedule } = this.#target.parts;
    const context = { phase: "ack", namespace: this.#target.name, event: data[0] as string };
    let timer: Timer | undefined;
    const answers = new Answers(this.#flags.expectSingleResponse === true, (error, responses) => {
      timer?.cancel();
      if (error !== null) this.#stopWaiting(packet.id, cancel);
      faults.run(context, () => callback(error, responses));
    });
    const cancel = this.#target.fanOut.broadcastWithAck(
      packet,
      this.#options(),
      (clients) => answers.expect(clients),
      (...args) => answers.add(args[0]),
      () => answers.lose(),
    );
    const timeout = this.#flags.timeout ?? this.#target.fanOut.ackTimeout;
    if (timeout !== undefined) timer = schedule.after(timeout, () => answers.fail(new Error("operation has timed out")));
    const counts = countsOf(this.#target.fanOut, this.#flags.local === true);
    counts.then((count) => answers.servers(count), (error: unknown) => answers.fail(error));
  }

  /** Adapters made for other servers do not say how to stop; the id of the packet then tells. */
  #stopWaiting(ackId: number | undefined, cancel: (() => void) | void): void {
    if (cancel !== undefined) cancel();
    else if (ackId !== undefined) this.#target.forgetAcks(ackId);
  }
}

/** How many counts of recipients there will be for one broadcast. */
export async function countsOf(fanOut: FanOut, isLocal: boolean): Promise<number> {
  if (fanOut.counts !== undefined) return fanOut.counts(isLocal);
  return isLocal ? 1 : fanOut.serverCount();
}

function shown(rooms: ReadonlySet<Room>): Room[] {
  return Array.from(rooms, (room) => withoutSession(room));
}

function union(rooms: ReadonlySet<Room>, more: Room | Room[]): ReadonlySet<Room> {
  const result = new Set(rooms);
  for (const room of [more].flat()) result.add(room);
  return result;
}

/** A socket of this server is itself, one of another server a description; `undefined` for what is neither, which is counted. */
function asRemote<EmitEvents extends EventsMap, SocketData>(
  target: BroadcastTarget,
  details: unknown,
): RemoteSocket<EmitEvents, SocketData> | undefined {
  if (details instanceof SocketCore) return details as unknown as RemoteSocket<EmitEvents, SocketData>;
  if (isDescription(details)) {
    const single = { expectSingleResponse: true };
    return new RemoteSocket(new BroadcastOperator(target, new Set([details.id]), new Set(), single), details);
  }
  target.parts.faults.limitHit("brokerMessage", undefined);
  return undefined;
}

/** Other servers tell of their sockets through a broker. */
function isDescription(details: unknown): details is SocketDetails {
  const { id, rooms } = (details ?? {}) as Partial<SocketDetails>;
  return typeof id === "string" && (Array.isArray(rooms) || rooms instanceof Set);
}
