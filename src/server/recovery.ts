import type { AdapterContract, BroadcastFlags, FanOut, RestoredSession } from "../adapter/adapter.ts";
import { RecoveryAdapter } from "../adapter/recovery.ts";
import type { RecoveryStore } from "../adapter/recovery-store.ts";
import type { RecoveryTerms } from "../adapter/recovery-terms.ts";
import { canRestore } from "../adapter/upstream.ts";
import { randomId } from "../engine/id.ts";
import { Deadline } from "../schedule.ts";
import { Batch } from "../wire/batch.ts";
import type { Packet } from "../wire/packet.ts";
import { isThenable } from "./faults.ts";
import type { NamespaceParts } from "./parts.ts";
import type { Peer } from "./peer.ts";
import type { DisconnectReason } from "./reasons.ts";
import { Presences } from "./recovery-presences.ts";
import { type AnySocket, Saves, sessionOf } from "./recovery-saves.ts";
import { type ReadySession, encodeMissed, mayWait, replaySize } from "./return.ts";

/** What recovery needs of its namespace. */
export interface RecoveryHome {
  readonly name: string;
  readonly parts: NamespaceParts;
  readonly adapter: AdapterContract;
  readonly fanOut: FanOut;
  checkEmpty(): void;
}

/** Ends after which a client may come back: nobody has decided that it should go. */
const recoverable: ReadonlySet<DisconnectReason> = new Set<DisconnectReason>([
  "transport error",
  "transport close",
  "forced close",
  "ping timeout",
  "server shutting down",
  "forced server close",
]);

/** Characters of an epoch: 48 random bits. */
const EPOCH_LENGTH = 8;

/** Connection state recovery of one namespace: who may come back, and what it then gets. */
export class Recovery implements RecoveryTerms {
  readonly maxDisconnectionDuration: number;
  readonly maxRecoveryPackets: number;
  readonly maxRecoveryBytes: number;
  readonly maxRecoverySessions: number;
  readonly store: RecoveryStore | undefined;
  readonly skipMiddlewares: boolean;
  readonly #home: RecoveryHome;
  readonly #deadline = new Deadline<Recovery>(this);
  readonly #present = new Presences();
  /** Adapters that are still at it. */
  readonly #persisting = new Map<string, Promise<void>>();
  readonly #saves: Saves;

  /** Of a namespace whose server has the option `connectionStateRecovery`. */
  static of(home: RecoveryHome): Recovery | undefined {
    return home.parts.options.connectionStateRecovery && new Recovery(home, home.parts.options.connectionStateRecovery);
  }

  private constructor(home: RecoveryHome, options: NonNullable<NamespaceParts["options"]["connectionStateRecovery"]>) {
    const { maxRecoveryPackets, maxRecoveryBytes, maxRecoverySessions } = home.parts.engineOptions.limits;
    this.#home = home;
    this.#saves = new Saves(home);
    this.maxDisconnectionDuration = options.maxDisconnectionDuration;
    this.skipMiddlewares = options.skipMiddlewares;
    this.store = options.store ?? home.parts.recoveryStore;
    this.maxRecoveryPackets = maxRecoveryPackets;
    this.maxRecoveryBytes = maxRecoveryBytes;
    this.maxRecoverySessions = maxRecoverySessions;
  }

  /** Whether the adapter can give sockets back. */
  get isOn(): boolean {
    return canRestore(this.#home.adapter);
  }

  get isWaking(): boolean {
    return !this.#home.parts.waking.isOver;
  }

  get sleeps(): boolean {
    return this.#home.parts.host.sleeps === true;
  }

  /** Whether somebody may still come back. */
  get isAwaiting(): boolean {
    const { adapter } = this.#home;
    return adapter instanceof RecoveryAdapter && adapter.kept.sessions > 0;
  }

  // ---- the life of a socket

  /** The secret of a new socket, which its client shows when it comes back; `undefined` for one that cannot. */
  newPid(peer: Peer): string | undefined {
    return this.isOn && peer.dialect.recovers ? randomId(this.#home.parts.host) : undefined;
  }

  /**
   * Gives the client its socket back, once; `null` where there is none, or not all that it has missed.
   *
   * A connection that looks alive though its client has opened another one since is closed first.
   */
  claim(peer: Peer, { pid, offset }: Readonly<Record<string, unknown>>): Promise<ReadySession | null> | ReadySession | null {
    if (typeof pid !== "string" || !peer.dialect.recovers || !this.isOn) return null;
    if (offset !== undefined && typeof offset !== "string") return null;
    const isItsTurn = this.#present.supersede(pid, peer);
    if (isItsTurn === false) return null;
    if (isItsTurn !== true) return isItsTurn.then(() => this.claim(peer, { pid, offset }));
    const persisting = this.#persisting.get(pid);
    const restored = persisting === undefined ? this.#restore(pid, offset) : persisting.then(() => this.#restore(pid, offset));
    if (!isThenable(restored)) return this.#fitting(restored, peer);
    const { schedule, engineOptions } = this.#home.parts;
    const inTime = schedule.inTime(engineOptions.limits.middlewareTimeout, Promise.resolve(restored), "late" as const);
    return inTime.then((session) => this.#fitting(session ?? null, peer), (error: unknown) => this.#nobody(error));
  }

  /** What was missed goes out at once. More than may wait for a client would cost it its connection, each time it comes back. */
  #fitting(session: RestoredSession | "late" | null, peer: Peer): ReadySession | null {
    const { adapter, parts, name } = this.#home;
    if (session === "late") parts.faults.limitHit("middlewareTimeout", peer.conn);
    if (session === "late" || session === null) return null;
    const missedPackets = encodeMissed(session, parts, name);
    if (missedPackets !== undefined) {
      const size = replaySize(missedPackets, name);
      // Its other sockets may have been promised something that middlewares or a broker hold up.
      if (mayWait(peer.bufferedBytes + peer.promisedBytes, size, parts.engineOptions.limits.maxBufferedBytes)) {
        peer.promisedBytes += size;
        this.#present.expect(session.pid, peer, parts.arrivals.next());
        return { ...session, missedPackets, size };
      }
      parts.faults.limitHit("maxBufferedBytes", peer.conn);
    }
    parts.faults.run({ phase: "adapter", namespace: name }, () => adapter.delAll(session.sid));
    return null;
  }

  /** The socket is connected. */
  opened(socket: AnySocket, arrival: number = this.#home.parts.arrivals.next()): void {
    if (socket.pid === undefined) return;
    this.#present.set(socket.pid, socket.client, arrival);
    this.changed(socket);
  }

  /** The socket goes on after a sleep. */
  resumed(socket: AnySocket, arrival: number | undefined): void {
    const { adapter, parts } = this.#home;
    if (adapter instanceof RecoveryAdapter) adapter.goOn(socket.id);
    this.opened(socket, parts.arrivals.resume(arrival));
  }

  /** All sockets that go on after a sleep have done so. */
  woken(): void {
    const { adapter } = this.#home;
    if (adapter instanceof RecoveryAdapter) adapter.woken();
  }

  /** When a socket came that is there now. */
  arrivalOf(pid: string | undefined): number | undefined {
    return this.#present.arrivalOf(pid);
  }

  /** The socket leaves; its rooms are still there. Returns whether it may come back. */
  left(socket: AnySocket, reason: DisconnectReason): boolean {
    const { pid } = socket;
    if (pid === undefined) return false;
    this.#present.delete(pid);
    if (!recoverable.has(reason) || socket.client.isAtFault || !this.isOn) return false;
    // An app that has never heard of it would take it for one that it has set up.
    if (!socket.isAnnounced) return false;
    this.#keep(socket, pid);
    // Listeners are still to hear of the end.
    this.changed(socket);
    return true;
  }

  /** The namespace has another adapter now, which knows nothing of these sockets. */
  takeOver(sockets: Iterable<AnySocket>): void {
    const { adapter } = this.#home;
    for (const socket of sockets) {
      if (socket.pid === undefined || !socket.connected || !(adapter instanceof RecoveryAdapter)) continue;
      adapter.takeOver(socket.id);
      this.opened(socket);
    }
  }

  /** A client that has its socket back does not get in. If it is gone, it may try again. */
  turnedAway(socket: AnySocket, pid: string): void {
    if (!socket.client.isOpen) this.#keep(socket, pid);
    this.#present.delete(pid);
  }

  /** Keeps a socket for its client, which is not there. */
  #keep(socket: AnySocket, pid: string): void {
    const { adapter, parts, name } = this.#home;
    const context = { phase: "persistSession", namespace: name };
    parts.faults.run(context, () => {
      const persisting = adapter.persistSession?.(sessionOf(socket, pid));
      if (!isThenable(persisting)) return undefined;
      const done = persisting.then(undefined, (error: unknown) => parts.faults.report(error, context)).then(() => {
        if (this.#persisting.get(pid) === done) this.#persisting.delete(pid);
      });
      this.#persisting.set(pid, done);
      return undefined;
    });
  }

  /** Resolves once the adapter has kept all that it was given; `undefined` where it has. */
  persisted(): Promise<unknown> | undefined {
    return this.#persisting.size === 0 ? undefined : Promise.all(this.#persisting.values());
  }

  /** What is stored of the socket may have changed. */
  changed(socket: AnySocket): void {
    if (this.store !== undefined && socket.pid !== undefined) this.#saves.add(socket);
  }

  // ---- events

  /**
   * Sends an event to a socket, which may be lost but not gone. Returns `false` where that is not for recovery to do.
   *
   * In its middlewares, a socket is not to be found by the adapter yet. What it sends then leaves the client's offset where it is: a
   * client takes any last text for an offset.
   */
  send(socket: AnySocket, packet: Packet, flags: BroadcastFlags): boolean {
    const { adapter, parts } = this.#home;
    if (socket.pid === undefined || !this.isOn) return false;
    if (socket.connected || socket.isClosed) {
      if (adapter instanceof RecoveryAdapter) adapter.sendTo(socket.id, packet, flags);
      else this.#home.fanOut.broadcast(packet, { rooms: new Set([socket.id]), except: new Set(), flags });
      return true;
    }
    const offset = socket.claimedOffset ?? (adapter instanceof RecoveryAdapter ? adapter.firstOffset : undefined);
    const data = [...(packet.data as unknown[]), ...(typeof offset === "string" ? [offset] : [])];
    const batch = new Batch(parts.codec.encode({ ...packet, data }), flags.compress ?? true);
    batch.droppable = true;
    socket.deliver(packet, batch, flags);
    return true;
  }

  /** What follows for this socket has no offset, and must not overtake what has one. */
  flush({ id }: AnySocket): void {
    const { adapter } = this.#home;
    if (adapter instanceof RecoveryAdapter) adapter.flush(id);
  }

  // ---- terms

  now(): number {
    return this.#home.parts.schedule.now();
  }

  wallClock(): number {
    return this.#home.parts.host.wallClock();
  }

  newEpoch(): string {
    return randomId(this.#home.parts.host).slice(0, EPOCH_LENGTH);
  }

  wakeAt(due: number): void {
    const deadline = this.#deadline;
    if (due === Infinity) deadline.cancel();
    else if (deadline.queue === undefined || deadline.due !== due) this.#home.parts.recoveries.add(deadline, due);
  }

  /** The time for which `wakeAt` has asked has come. */
  tick(): void {
    const { adapter } = this.#home;
    if (adapter instanceof RecoveryAdapter) adapter.prune();
  }

  sessionGone(): void {
    this.#home.checkEmpty();
  }

  limitHit(name: string): void {
    this.#home.parts.faults.limitHit(name, undefined);
  }

  /** Reported later: a listener that emits must not come in between what is being kept. */
  storeFailed(error: unknown): void {
    const { parts, name } = this.#home;
    parts.host.defer(() => parts.faults.report(error, { phase: "recovery store", namespace: name }));
  }

  #restore(pid: string, offset: string | undefined): Promise<RestoredSession | null> | RestoredSession | null {
    try {
      return this.#home.adapter.restoreSession!(pid, offset) ?? null;
    } catch (error) {
      return this.#nobody(error);
    }
  }

  /** An adapter may reject what a client has made up, so this is nobody's fault. */
  #nobody(error: unknown): null {
    this.#home.parts.logs.namespace?.("nobody comes back to %s: %s", this.#home.name, error);
    return null;
  }
}
