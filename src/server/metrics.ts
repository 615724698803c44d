import type { Room, SocketId } from "../adapter/adapter.ts";
import { RecoveryAdapter } from "../adapter/recovery.ts";
import type { Session } from "../engine/session.ts";
import type { Acks } from "./acks.ts";

/** A server's state in numbers: a plain value, made when it is asked for. Counts that only grow count from the server's start. */
export interface Metrics {
  /** Open connections by their transport now. */
  readonly connections: { readonly polling: number; readonly websocket: number };
  /** Connections that have not joined a namespace. */
  readonly unjoined: number;
  /** Sockets by namespace. */
  readonly sockets: Readonly<Record<string, number>>;
  /** Rooms of all namespaces, without the one that each socket has for itself. */
  readonly rooms: number;
  /** Bytes handed over and not yet sent. */
  readonly bufferedBytes: number;
  /** Bytes of packets whose attachments are still missing. */
  readonly reassemblyBytes: number;
  /** What is kept for clients that may come back: sockets, events, and the bytes of these. */
  readonly recovery: { readonly sessions: number; readonly packets: number; readonly bytes: number };
  /** Acknowledgements that clients still owe. */
  readonly pendingAcks: number;
  /** Acknowledgements that never came because the socket left. Grows. */
  readonly lostAcks: number;
  /** Volatile packets that were dropped. Grows. */
  readonly droppedVolatile: number;
  /** Packets that the option `slowConsumer` dropped. Grows. */
  readonly droppedPackets: number;
  /** Incoming packets that `onInbound` dropped. Grows. */
  readonly droppedInbound: number;
  /** How often timers fired more than a second late, because the process stood still. Grows. */
  readonly lateTicks: number;
  /** Ended connections by reason. Grows. */
  readonly closes: Readonly<Record<string, number>>;
  /** How often peers ran into a limit, by its name. Grows. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What has happened, counted as it happens. */
export class Counters {
  readonly #closes = new Map<string, number>();
  readonly #limits = new Map<string, number>();
  lostAcks = 0;
  droppedVolatile = 0;
  droppedPackets = 0;
  droppedInbound = 0;

  countClose(reason: string): void {
    count(this.#closes, reason);
  }

  countLimit(name: string): void {
    count(this.#limits, name);
  }

  snapshot(): Pick<Metrics, "lostAcks" | "droppedVolatile" | "droppedPackets" | "droppedInbound" | "closes" | "limits"> {
    const { lostAcks, droppedVolatile, droppedPackets, droppedInbound } = this;
    const closes = Object.fromEntries(this.#closes);
    return { lostAcks, droppedVolatile, droppedPackets, droppedInbound, closes, limits: Object.fromEntries(this.#limits) };
  }
}

/** What of a namespace is counted. */
interface CountedNamespace {
  readonly name: string;
  readonly sockets: ReadonlyMap<SocketId, { readonly pendingAcks: Acks }>;
  readonly adapter: { readonly rooms: ReadonlyMap<Room, unknown>; readonly sids: ReadonlyMap<SocketId, unknown> };
}

/** Looks at everything a server has. O(connections, sockets and rooms). */
export function measure(
  sessions: Iterable<Session>,
  namespaces: Iterable<CountedNamespace>,
): Pick<Metrics, "connections" | "sockets" | "rooms" | "bufferedBytes" | "reassemblyBytes" | "recovery" | "pendingAcks"> {
  const connections = { polling: 0, websocket: 0 };
  const sockets: Record<string, number> = {};
  const recovery = { sessions: 0, packets: 0, bytes: 0 };
  const sums = { rooms: 0, bufferedBytes: 0, reassemblyBytes: 0, pendingAcks: 0 };
  for (const session of sessions) {
    connections[session.transportName] += 1;
    sums.bufferedBytes += session.bufferedBytes;
    sums.reassemblyBytes += session.handler?.pendingBytes ?? 0;
  }
  for (const { name, sockets: members, adapter } of namespaces) {
    sockets[name] = members.size;
    for (const { pendingAcks } of members.values()) sums.pendingAcks += pendingAcks.size;
    if (adapter instanceof RecoveryAdapter) addTo(recovery, adapter.kept);
    for (const room of adapter.rooms.keys()) if (!adapter.sids.has(room)) sums.rooms += 1;
  }
  return { connections, sockets, recovery, ...sums };
}

function addTo(sums: { sessions: number; packets: number; bytes: number }, more: Metrics["recovery"]): void {
  sums.sessions += more.sessions;
  sums.packets += more.packets;
  sums.bytes += more.bytes;
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
