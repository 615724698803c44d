import type { AdapterFactory } from "../adapter/adapter.ts";
import type { EventsMap } from "../events/event-maps.ts";
import type { NamespaceFinder } from "./connections.ts";
import { CLOSE_TIME } from "./drain.ts";
import { DynamicNamespace, type NamespaceMatch } from "./dynamic-namespace.ts";
import { Namespace } from "./namespace.ts";
import { Leftovers } from "./leftovers.ts";
import type { NamespaceParts } from "./parts.ts";
import type { CoreServer } from "./server.ts";

/** The namespaces of one server: those that the app named, and those that clients make through dynamic ones. */
export class Namespaces<
  ListenEvents extends EventsMap,
  EmitEvents extends EventsMap,
  ServerSideEvents extends EventsMap,
  SocketData,
> implements NamespaceFinder
{
  readonly byName = new Map<string, Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>>();
  readonly #server: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  readonly #parts: NamespaceParts;
  readonly #leftovers: Leftovers;
  readonly #dynamic: {
    readonly pattern: RegExp | undefined;
    readonly parent: DynamicNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>;
  }[] = [];

  /** Acknowledgement ids that removed namespaces have used: a late answer must not be taken for that to another packet. */
  #usedAckIds = 0;

  constructor(server: CoreServer<ListenEvents, EmitEvents, ServerSideEvents, SocketData>, parts: NamespaceParts) {
    this.#server = server;
    this.#parts = parts;
    this.#leftovers = new Leftovers(parts, (name) => this.byName.get(name)?.recovery !== undefined);
    if (parts.waking.isOver) this.#leftovers.sweep();
  }

  /** The namespace of this name, which may lack its first slash; made if need be. */
  get(given: string): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    // Programs without types may give a number.
    const name = `/${given}`.replace(/^\/\//, "/");
    const present = this.byName.get(name);
    if (present !== undefined) return present;
    const family = this.#dynamic.find(({ pattern }) => pattern?.test(name) === true);
    if (family !== undefined) return this.#createChild(family.parent, name);
    const namespace = new Namespace(this.#server, name, this.#parts);
    this.byName.set(name, namespace);
    if (name !== "/") this.#announce(namespace);
    return namespace;
  }

  /** A dynamic namespace. Throws when the pattern remembers where it stopped. */
  addDynamic(match: RegExp | NamespaceMatch): DynamicNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const pattern = match instanceof RegExp ? match : undefined;
    if (pattern !== undefined && (pattern.global || pattern.sticky)) {
      throw new TypeError(`Cannot use ${String(pattern)} for namespaces: a pattern with the flag g or y does not always answer the same`);
    }
    const matches: NamespaceMatch =
      match instanceof RegExp ? (name, _auth, next) => next(null, match.test(name)) : match;
    const parent = new DynamicNamespace(this.#server, `/_${this.#dynamic.length}`, this.#parts, matches);
    this.#dynamic.push({ pattern, parent });
    return parent;
  }

  /** Where a client is to go; the namespace expects it then. */
  async find(
    name: string,
    auth: Record<string, unknown>,
  ): Promise<Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> | "unknown" | "timeout"> {
    const present = this.byName.get(name);
    if (present !== undefined) return present.expect();
    for (const { parent } of this.#dynamic) {
      const answer = await parent.matches(name, auth);
      if (answer === "timeout") return "timeout";
      if (answer === "no") continue;
      // Somebody may have made it meanwhile.
      const namespace = this.byName.get(name) ?? (this.#hasRoom() ? this.#createChild(parent, name) : undefined);
      return namespace?.expect() ?? "unknown";
    }
    return "unknown";
  }

  /** All sockets that go on after a sleep have done so. */
  woken(): void {
    this.#parts.waking.isOver = true;
    for (const { recovery } of this.byName.values()) recovery?.woken();
    this.#leftovers.sweep();
  }

  /** Gives every namespace a new adapter. */
  useAdapter(factory: AdapterFactory): void {
    for (const namespace of this.byName.values()) namespace.useAdapter(factory);
  }

  /** Where recovery came with options that were given later, namespaces that are there already get it too. */
  optionsChanged(): void {
    const { connectionStateRecovery, adapter } = this.#parts.options;
    if (connectionStateRecovery === undefined) return;
    this.#leftovers.sweep();
    for (const namespace of this.byName.values()) {
      if (namespace.recovery === undefined) namespace.useAdapter(adapter);
      // What was kept when the server closed is to be forgotten in time.
      else namespace.recovery.tick();
    }
  }

  #createChild(
    parent: DynamicNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    name: string,
  ): Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData> {
    const child = parent.createChild(name, this.#parts);
    child.ackIds = this.#usedAckIds;
    child.whenEmpty = () => {
      if (this.#parts.options.cleanupEmptyChildNamespaces) this.#remove(parent, child);
    };
    this.byName.set(name, child);
    this.#announce(child);
    return child;
  }

  #remove(
    parent: DynamicNamespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
    child: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>,
  ): void {
    if (this.byName.get(child.name) !== child) return;
    this.#parts.logs.namespace?.("%s is empty and removed", child.name);
    this.#usedAckIds = Math.max(this.#usedAckIds, child.ackIds);
    this.byName.delete(child.name);
    parent.children.delete(child);
    void child.shutDown(CLOSE_TIME);
  }

  /** Whether clients may make one more. Empty ones make room first. */
  #hasRoom(): boolean {
    const { maxDynamicNamespaces } = this.#parts.engineOptions.limits;
    const count = (): number => this.#dynamic.reduce((sum, { parent }) => sum + parent.children.size, 0);
    if (count() < maxDynamicNamespaces) return true;
    for (const { parent } of this.#dynamic) {
      for (const child of parent.children) if (child.isEmpty) this.#remove(parent, child);
    }
    if (count() < maxDynamicNamespaces) return true;
    this.#parts.faults.limitHit("maxDynamicNamespaces", undefined);
    return false;
  }

  #announce(namespace: Namespace<ListenEvents, EmitEvents, ServerSideEvents, SocketData>): void {
    this.byName.get("/")?.dispatch("new_namespace", [namespace]);
  }
}
