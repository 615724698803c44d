import type { Logs } from "../log.ts";
import type { Host } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import type { Message } from "../wire/codec.ts";
import type { CloseReason } from "./close-reason.ts";
import type { HeartbeatKeeper } from "./heartbeat.ts";
import type { ResolvedEngineOptions, TransportName } from "./options.ts";
import type { Pressure } from "./pressure.ts";
import type { Publications } from "./publications.ts";
import type { Session } from "./session.ts";

/** What the layer above does with a session. */
export interface SessionHandler {
  /** Whether an empty message can mean something. @default false: it is malformed */
  readonly takesEmpty?: boolean;
  receive(message: Message): void;
  /** Bytes of a packet that is not whole yet. */
  readonly pendingBytes: number;
  /** So many bytes are unsent that the connection counts as not writable. */
  pressed(bufferedBytes: number): void;
  /** The client does not keep up, and misses so many packets. */
  dropped(packets: number): void;
  /** Some of what was unsent has left. */
  relieved(): void;
  /** From now on, topics must not send to it. */
  setApart?(): void;
  /** Once, and last. */
  closed(reason: CloseReason, description?: unknown): void;
}

/** What the layer above decides and hears. */
export interface EngineHandler {
  /** A session is open; what it brings goes to the handler that is returned. */
  connected(session: Session): SessionHandler;
  /** Whether there is room for one more. */
  admits(): boolean;
  /** A callback of the app failed. */
  faulted(error: unknown, phase: string, event?: string | symbol): void;
  /** A peer ran into a limit, before it had a session or as one. */
  limitHit(name: string, session?: Session): void;
}

/** What a session needs of the engine that owns it. */
export interface SessionOwner {
  readonly options: ResolvedEngineOptions;
  readonly host: Host;
  readonly schedule: Schedule;
  /** By the revision of the protocol. */
  readonly heartbeats: Readonly<Record<3 | 4, HeartbeatKeeper>>;
  readonly pressure: Pressure;
  readonly publications: Publications;
  readonly logs: Logs;
  sessionClosed(session: Session): void;
  /** What a snapshot would say of this session has changed; absent where nobody takes any. */
  readonly changed?: ((session: Session) => void) | undefined;
  listenerFailed(error: unknown, event: string | symbol): void;
  limitHit(name: string, session: Session): void;
}

/** A packet as tools see it. */
export interface SeenPacket {
  readonly type: string;
  readonly data?: unknown;
}

/** Events of a connection, for tools; nothing is made for them while nobody listens. */
export interface SessionEvents {
  open: () => void;
  packet: (packet: SeenPacket) => void;
  packetCreate: (packet: SeenPacket) => void;
  data: (data: Message) => void;
  message: (data: Message) => void;
  heartbeat: () => void;
  flush: () => void;
  drain: () => void;
  upgrading: (transport: { readonly name: TransportName }) => void;
  upgrade: (transport: { readonly name: TransportName }) => void;
  close: (reason: CloseReason, description?: unknown) => void;
}
