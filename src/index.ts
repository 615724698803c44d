/** The public surface of omnisocket: what every runtime's entry offers beside its own `Server`. */
export { MemoryAdapter as Adapter } from "./adapter/memory.ts";
export type {
  AdapterContract,
  AdapterFactory,
  BroadcastFlags,
  BroadcastOptions,
  LocalSockets,
  PersistedSession,
  RestoredSession,
  Room,
  SocketDetails,
  SocketId,
} from "./adapter/adapter.ts";
export { RecoveryAdapter } from "./adapter/recovery.ts";
export type { RecoveryStore } from "./adapter/recovery-store.ts";
export type { RecoveryTerms } from "./adapter/recovery-terms.ts";
export type { CloseReason } from "./engine/close-reason.ts";
export { TransportError } from "./engine/close-reason.ts";
export type { CookieOptions } from "./engine/cookie.ts";
export type { CorsOptions, CorsOptionsDelegate } from "./engine/cors.ts";
export { CoreEngine, type CoreEngineOptions, type EngineRuntime } from "./engine/core-engine.ts";
export type { Engine } from "./engine/engine.ts";
export type { ConnectionError } from "./engine/engine-events.ts";
export type { Limits } from "./engine/limits.ts";
export type { AllowRequest, BindSession, EngineOptions, HandshakeRequest, OnHandshake, SlowConsumerPolicy, TransportName } from "./engine/options.ts";
export { Session } from "./engine/session.ts";
export type { DefaultEventsMap, EventsMap } from "./events/event-maps.ts";
export type { Host, Reply, RequestLike, Upgrade, WebSocketHandler, WebSocketLike } from "./platform.ts";
export { BroadcastOperator } from "./server/broadcast.ts";
export type { NamespaceMatch } from "./server/dynamic-namespace.ts";
export type { DrainOptions } from "./server/drain.ts";
export type { DiagnosticsEvents, HandlerErrorContext, HandlerErrorPolicy } from "./server/faults.ts";
export type { Handshake } from "./server/handshake.ts";
export type { Metrics } from "./server/metrics.ts";
export { type Inbound, type InboundVerdict, type OnInbound, type TokenBucketOptions, tokenBucket } from "./server/inbound.ts";
export type { ExtendedError } from "./server/middleware.ts";
export { Namespace } from "./server/namespace.ts";
export type { RecoveryOptions, ServerOptions } from "./server/options.ts";
export type { Parser } from "./server/parser.ts";
export { type DisconnectReason, SocketDisconnectedError } from "./server/reasons.ts";
export { RemoteSocket } from "./server/remote-socket.ts";
export { CoreServer, type ServerRuntime } from "./server/server.ts";
export { Socket } from "./server/socket.ts";
export type { Event } from "./server/socket-contract.ts";
