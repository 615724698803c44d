import type { BroadcastOptions, FanOut, LocalSockets, NamespaceAdapter, Room } from "../adapter/adapter.ts";
import { MemoryAdapter } from "../adapter/memory.ts";
import type { DefaultEventsMap, EventsMap } from "../events/event-maps.ts";
import type { Packet } from "../wire/packet.ts";
import { countsOf } from "./broadcast.ts";
import { isThenable } from "./faults.ts";
import { Namespace } from "./namespace.ts";
import type { NamespaceParts } from "./parts.ts";
import type { RemoteSocket } from "./remote-socket.ts";
import type { CoreServer } from "./server.ts";

/** Decides whether clients may make the namespace `name`; may be asynchronous. */
export type NamespaceMatch = (
  name: string,
  // What the client gave as `auth`.
  // oxlint-disable-next-line no-explicit-any
  auth: { [key: string]: any },
  next: (error: Error | null, allowed: boolean) => void,
) => unknown;

/** A pattern of names: clients that connect to one of them make a namespace, which starts as this one is then. */
export class DynamicNamespace<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
  ServerSideEvents extends EventsMap = DefaultEventsMap,
  // oxlint-disable-next-line no-explicit-any
  SocketData = any,
> extends Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
  /** The namespaces made so far. */
  readonly children = new Set<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  readonly #match: NamespaceMatch;
  /** What all parts of the server share; those that {@link parts} has are copied. */
  readonly #shared: NamespaceParts;
  readonly #family: FamilyAdapter;

  constructor(
    server: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    name: string,
    parts: NamespaceParts,
    match: NamespaceMatch,
  ) {
    super(server, name, { ...parts, options: { ...parts.options, adapter: MemoryAdapter } });
    this.#match = match;
    this.#shared = parts;
    this.#family = new FamilyAdapter(this, this.children);
  }

  override get adapter(): NamespaceAdapter {
    return this.#family;
  }

  /** @internal */
  override get fanOut(): FanOut {
    return this.#family;
  }

  /** @internal Asks whether this one takes `name`. An error counts as no. */
  matches(name: string, auth: Record<string, unknown>): Promise<"yes" | "no" | "timeout"> {
    const { faults, schedule, engineOptions } = this.#shared;
    return new Promise((resolve) => {
      const timer = schedule.after(engineOptions.limits.middlewareTimeout, () => resolve("timeout"));
      const answer = (allowed: boolean): void => {
        timer.cancel();
        resolve(allowed ? "yes" : "no");
      };
      const fail = (error: unknown): void => {
        faults.report(error, { phase: "dynamic namespace", namespace: name });
        answer(false);
      };
      try {
        const result = this.#match(name, auth, (error, allowed) => answer(!error && allowed));
        if (isThenable(result)) result.then(undefined, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** @internal */
  createChild(name: string, parts: NamespaceParts): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = new Namespace(this.server, name, parts);
    child.copyFrom(this);
    this.children.add(child);
    return child;
  }

  override fetchSockets(): Promise<RemoteSocket<EmitEvents, SocketData>[]> {
    throw new Error("Cannot fetch the sockets of a dynamic namespace: ask each of its children");
  }
}

interface Child {
  readonly fanOut: FanOut;
}

/** Says to every child what is said to the parent. */
class FamilyAdapter extends MemoryAdapter implements FanOut {
  readonly #children: Iterable<Child>;
  /** Those that the last broadcast with acknowledgements went to: others may be made while it goes out. */
  #asked: readonly Child[] = [];

  constructor(parent: LocalSockets, children: Iterable<Child>) {
    super(parent);
    this.#children = children;
  }

  get ackTimeout(): number | undefined {
    for (const { fanOut } of this.#children) return fanOut.ackTimeout;
    return undefined;
  }

  /** Its own, since there may be no children, and theirs. */
  async counts(isLocal: boolean): Promise<number> {
    const asked = this.#asked;
    this.#asked = [];
    const counts = await Promise.all(asked.map(({ fanOut }) => countsOf(fanOut, isLocal)));
    return counts.reduce((sum, count) => sum + count, 1);
  }

  override broadcast(packet: Packet, options: BroadcastOptions): void {
    for (const { fanOut } of this.#children) fanOut.broadcast({ ...packet }, options);
  }

  override broadcastWithAck(
    packet: Packet,
    options: BroadcastOptions,
    counted: (clients: number) => void,
    answered: (...args: unknown[]) => void,
    lost?: () => void,
  ): () => void {
    counted(0);
    const asked = [...this.#children];
    const cancels = asked.map(({ fanOut }) => fanOut.broadcastWithAck({ ...packet }, options, counted, answered, lost));
    this.#asked = asked;
    return () => {
      for (const cancel of cancels) cancel?.();
    };
  }

  override addSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { fanOut } of this.#children) fanOut.addSockets(options, rooms);
  }

  override delSockets(options: BroadcastOptions, rooms: Room[]): void {
    for (const { fanOut } of this.#children) fanOut.delSockets(options, rooms);
  }

  override disconnectSockets(options: BroadcastOptions, close: boolean): void {
    for (const { fanOut } of this.#children) fanOut.disconnectSockets(options, close);
  }
}
