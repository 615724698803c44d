import type { CodecLimits } from "../wire/codec.ts";
import { amount, checkOptions, nearestName } from "./option-checks.ts";

/** What one peer, or all of them together, may make the server hold or do. Bytes unless named otherwise. */
export interface Limits extends CodecLimits {
  /** Arguments of one event or acknowledgement. @default 1024 */
  readonly maxArguments: number;
  /** Nesting of arrays and objects, in and out; 1000 at most. @default 256 */
  readonly maxDepth: number;
  /** Binary attachments of one packet, in and out. Official clients refuse more than 10. @default 10 */
  readonly maxAttachments: number;
  /** Bytes held for one packet whose attachments are still missing. @default 10 × maxHttpBufferSize */
  readonly maxReassemblyBytes: number;
  /** Milliseconds in which the attachments of a packet must arrive. @default 10_000 */
  readonly reassemblyTimeout: number;
  /** Decimal digits of an acknowledgement id. @default 16 */
  readonly maxAckIdDigits: number;
  /** Bytes of a namespace's name. @default 256 */
  readonly maxNamespaceLength: number;
  /** Namespaces joined or being joined by one connection. @default 64 */
  readonly maxNamespacesPerConnection: number;
  /** Refused CONNECTs before the connection is closed. @default 16 */
  readonly maxRefusalsPerConnection: number;
  /** Namespaces that clients made through a dynamic namespace, per server. @default 100_000 */
  readonly maxDynamicNamespaces: number;
  /** Bytes of the `auth` of all namespaces of one connection; what is nested takes a multiple of them. @default maxHttpBufferSize */
  readonly maxAuthBytes: number;
  /** Rooms of one socket, its own aside. @default Infinity */
  readonly maxRoomsPerSocket: number;
  /** Acknowledgements that one socket may still owe. @default 10_000 */
  readonly maxPendingAcks: number;
  /** Events of one socket that wait for the one before, with the option `serial`. @default 1000 */
  readonly maxQueuedEvents: number;
  /** Bytes in which the events came that wait like that, of all sockets of one connection. @default 10 × maxHttpBufferSize */
  readonly maxQueuedBytes: number;
  /** Unsent bytes at which a connection counts as not writable: volatile packets are dropped. At least 1. @default 1_048_576 */
  readonly highWaterMark: number;
  /** Unsent bytes at which a connection is closed. @default max(16 MiB, 2 × maxHttpBufferSize) */
  readonly maxBufferedBytes: number;
  /** Unsent bytes of all connections together; past it the largest is closed. @default set by the runtime */
  readonly maxTotalBufferedBytes: number;
  /** Packets of one connection that are handled before others get a turn; at least 1. @default 1000 */
  readonly maxPacketsPerTurn: number;
  /** Milliseconds in which the body of a POST must arrive. @default 30_000 */
  readonly bodyTimeout: number;
  /** Milliseconds that each asynchronous hook or middleware may take. @default 45_000 */
  readonly middlewareTimeout: number;
  /** Connections that have not joined a namespace, per server. @default 10_000 */
  readonly maxUnauthenticated: number;
  /** Characters of a request's URL. @default 16_384 */
  readonly maxUrlLength: number;
  /** Parameters in a request's query. @default 256 */
  readonly maxQueryParameters: number;
  /** Fragments of one WebSocket message. @default 1024 */
  readonly maxFragments: number;
  /** Unsent answers to WebSocket pings. @default 60 */
  readonly maxPendingPongs: number;
  /** How many times larger WebSocket messages may be than what came over the wire, where they are compressed. @default 100 */
  readonly maxInflateRatio: number;
  /** Events kept for sockets that may come back, per namespace. @default 10_000 */
  readonly maxRecoveryPackets: number;
  /** Bytes of these events, per namespace: there is no total, so a client fills as many logs as it may join dynamic namespaces. @default 16_777_216 */
  readonly maxRecoveryBytes: number;
  /** Sockets kept for clients that may come back, per namespace. @default 100_000 */
  readonly maxRecoverySessions: number;
}

const MiB = 1_048_576;

type Derived = "maxReassemblyBytes" | "maxAuthBytes" | "maxQueuedBytes" | "maxBufferedBytes";

/** Levels that the stack of every engine bears. */
const DEEPEST = 1000;

const defaults: Omit<Limits, Derived> = {
  maxArguments: 1024,
  maxDepth: 256,
  maxAttachments: 10,
  reassemblyTimeout: 10_000,
  maxAckIdDigits: 16,
  maxNamespaceLength: 256,
  maxNamespacesPerConnection: 64,
  maxRefusalsPerConnection: 16,
  maxDynamicNamespaces: 100_000,
  maxRoomsPerSocket: Infinity,
  maxPendingAcks: 10_000,
  maxQueuedEvents: 1000,
  highWaterMark: MiB,
  maxTotalBufferedBytes: Infinity,
  maxPacketsPerTurn: 1000,
  bodyTimeout: 30_000,
  middlewareTimeout: 45_000,
  maxUnauthenticated: 10_000,
  maxUrlLength: 16_384,
  maxQueryParameters: 256,
  maxFragments: 1024,
  maxPendingPongs: 60,
  maxInflateRatio: 100,
  maxRecoveryPackets: 10_000,
  maxRecoveryBytes: 16 * MiB,
  maxRecoverySessions: 100_000,
};

const hardened: Partial<Limits> = {
  maxRoomsPerSocket: 1024,
  maxAttachments: 4,
  maxDepth: 32,
  maxNamespacesPerConnection: 8,
  maxAuthBytes: 65_536,
};

/** Fills in the defaults. `"hardened"` is a preset for servers that face strangers. */
export function resolveLimits(
  limits: Partial<Limits> | "hardened" | undefined,
  maxHttpBufferSize: number,
  runtime: Partial<Limits> = {},
): Limits {
  const derived: Pick<Limits, Derived> = {
    maxReassemblyBytes: 10 * maxHttpBufferSize,
    maxAuthBytes: maxHttpBufferSize,
    maxQueuedBytes: 10 * maxHttpBufferSize,
    maxBufferedBytes: Math.max(16 * MiB, 2 * maxHttpBufferSize),
  };
  const standard: Limits = { ...defaults, ...derived, ...runtime };
  return sensible({ ...standard, ...(limits === "hardened" ? hardened : checked(limits ?? {}, Object.keys(standard))) });
}

/** Where 0 would stop everything, 1 is the least; what is counted is whole; and what is walked through level by level has an end. */
function sensible(limits: Limits): Limits {
  return {
    ...limits,
    maxDepth: Math.min(Math.floor(limits.maxDepth), DEEPEST),
    maxAttachments: Math.floor(limits.maxAttachments),
    highWaterMark: Math.max(limits.highWaterMark, 1),
    maxPacketsPerTurn: Math.max(limits.maxPacketsPerTurn, 1),
  };
}

/** The limits that are given. A bound with a name or a value that says nothing would bound nothing: a `TypeError`. */
function checked(limits: Partial<Limits>, known: readonly string[]): Partial<Limits> {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined && value !== null);
  for (const [name] of given) {
    if (known.includes(name)) continue;
    const meant = nearestName(name, known);
    throw new TypeError(`There is no limit ${name}${meant === undefined ? "" : `: did you mean ${meant}?`}`);
  }
  checkOptions(limits, Object.fromEntries(known.map((name) => [name, amount])), "limits.");
  return Object.fromEntries(given);
}
