import type { CookieOptions } from "./cookie.ts";
import type { CorsOptions, CorsOptionsDelegate, CorsOrigin } from "./cors.ts";
import { type Limits, resolveLimits } from "./limits.ts";
import { type OptionKind, amount, callback, checkOptions, flag, flagOrObject, oneOf } from "./option-checks.ts";
import type { RequestLike } from "../platform.ts";

/**
 * `"close"` ends the connection, since dropping breaks the order of events for good. The others drop events that want no acknowledgement:
 * those that waited longest, or those that are new.
 */
export type SlowConsumerPolicy = "close" | "drop-oldest" | "drop-newest";

export type TransportName = "polling" | "websocket";

/** Decides about a handshake. Answer through `callback`, or return a boolean, a `Response`, or a promise of one. */
export type AllowRequest = (
  // The platform's own request: its type belongs to the app.
  // oxlint-disable-next-line no-explicit-any
  request: any,
  callback: (error: string | null | undefined, allowed: boolean) => void,
) => unknown;

/** A handshake as every runtime shows it; `raw` is the platform's own request. */
export type HandshakeRequest = Pick<RequestLike, "method" | "url" | "headers" | "remoteAddress" | "secure" | "raw">;

export type OnHandshake = (request: HandshakeRequest) => Response | void | Promise<Response | void>;

/** A text, such as a user's id or a cookie's value; `undefined` for nobody in particular. */
export type BindSession = (request: HandshakeRequest) => string | undefined | Promise<string | undefined>;

/** Options of the Engine.IO layer. */
export interface EngineOptions {
  /** Milliseconds between two pings. @default 25_000 */
  pingInterval?: number;
  /** Milliseconds in which a ping must be answered. @default 20_000 */
  pingTimeout?: number;
  /** Milliseconds in which an upgrade must be finished. @default 10_000 */
  upgradeTimeout?: number;
  /** Bytes of one WebSocket message or one polling body. @default 1_000_000 */
  maxHttpBufferSize?: number;
  /** Lets a handshake in, or not. */
  allowRequest?: AllowRequest;
  /** Sees each handshake before anything else does. A returned `Response` ends it; may be asynchronous. */
  onHandshake?: OnHandshake;
  /** Whose request this is: the requests of a session must all be the same one's. May be asynchronous. */
  bindSession?: BindSession;
  /** @default ["polling", "websocket"] */
  transports?: readonly TransportName[];
  /** Whether a polling connection may become a WebSocket. @default true */
  allowUpgrades?: boolean;
  /** Compression of WebSocket messages, in the runtime's own terms, from `threshold` bytes, which are 1024 by default. @default false */
  perMessageDeflate?: boolean | { threshold?: number; [name: string]: unknown };
  /** Compression of polling replies; `threshold` in bytes. @default { threshold: 1024 } */
  httpCompression?: boolean | { threshold?: number };
  /** A cookie that carries the session id, for load balancers only. `true` names it "io". @default false */
  cookie?: boolean | CookieOptions;
  /** Cross-origin headers, in the terms of the npm package `cors`. @default none */
  cors?: CorsOptions | CorsOptionsDelegate;
  /** Which origins may connect: by `cors` and cookies ("auto"), every one, the same host, or a list. @default "auto" */
  origin?: "auto" | "any" | "same" | CorsOrigin;
  /** What happens at `limits.maxBufferedBytes` to a client that does not read: it is closed, or events are dropped. @default "close" */
  slowConsumer?: SlowConsumerPolicy;
  /** Lets clients of Engine.IO 3 connect. @default false */
  allowEIO3?: boolean;
  /** A message that each new connection gets right after the handshake. */
  initialPacket?: string | Uint8Array;
  /** Bounds; `"hardened"` is a stricter preset. */
  limits?: Partial<Limits> | "hardened";
}

/** `EngineOptions` with every default in place. */
export interface ResolvedEngineOptions {
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly upgradeTimeout: number;
  readonly maxHttpBufferSize: number;
  readonly allowRequest: AllowRequest | undefined;
  readonly slowConsumer: SlowConsumerPolicy;
  readonly onHandshake: OnHandshake | undefined;
  readonly bindSession: BindSession | undefined;
  readonly transports: readonly TransportName[];
  readonly allowUpgrades: boolean;
  readonly perMessageDeflate: boolean | object;
  /** Bytes from which a WebSocket message is compressed, where any is. */
  readonly deflateThreshold: number;
  /** Bytes from which a polling reply is compressed; `Infinity` for never. */
  readonly compressionThreshold: number;
  readonly cookie: CookieOptions | undefined;
  readonly cors: CorsOptions | CorsOptionsDelegate | undefined;
  readonly origin: "auto" | "any" | "same" | CorsOrigin;
  readonly allowEIO3: boolean;
  readonly initialPacket: string | Uint8Array | undefined;
  readonly limits: Limits;
}

const corsKind: OptionKind = {
  expected: 'an object such as { origin: "https://app.example" }',
  fits: (value) => typeof value === "boolean" || typeof value === "object" || typeof value === "function" || value === "*",
};
const originKind: OptionKind = {
  expected: '"auto", "any", "same", or what cors.origin takes',
  fits: (value) => ["string", "boolean", "object", "function"].includes(typeof value),
};
const packetKind: OptionKind = {
  expected: "a text or bytes",
  fits: (value) => typeof value === "string" || value instanceof Uint8Array,
};
const compressionKind: OptionKind = {
  expected: "a boolean, or an object whose threshold is a number, 0 or more",
  fits: (value) => flagOrObject.fits(value) && amount.fits(thresholdOf(value as CompressionOption)),
};
const transportsKind: OptionKind = { expected: 'an array such as ["polling", "websocket"]', fits: Array.isArray };
const limitsKind: OptionKind = {
  expected: 'an object or "hardened"',
  fits: (value) => value === "hardened" || (typeof value === "object" && !Array.isArray(value)),
};

/** What each option takes. */
export const engineOptionKinds: Readonly<Record<keyof EngineOptions, OptionKind>> = {
  pingInterval: amount,
  pingTimeout: amount,
  upgradeTimeout: amount,
  maxHttpBufferSize: amount,
  allowRequest: callback,
  onHandshake: callback,
  bindSession: callback,
  transports: transportsKind,
  allowUpgrades: flag,
  perMessageDeflate: compressionKind,
  httpCompression: compressionKind,
  cookie: flagOrObject,
  cors: corsKind,
  origin: originKind,
  slowConsumer: oneOf("close", "drop-oldest", "drop-newest"),
  allowEIO3: flag,
  initialPacket: packetKind,
  limits: limitsKind,
};

/** Fills in the defaults and refuses what cannot work, with a `TypeError` that names the option. */
export function resolveEngineOptions(options: EngineOptions, runtimeLimits?: Partial<Limits>): ResolvedEngineOptions {
  checkOptions(options, engineOptionKinds);
  const maxHttpBufferSize = options.maxHttpBufferSize ?? 1e6;
  return {
    pingInterval: options.pingInterval ?? 25_000,
    pingTimeout: options.pingTimeout ?? 20_000,
    upgradeTimeout: options.upgradeTimeout ?? 10_000,
    maxHttpBufferSize,
    allowRequest: options.allowRequest,
    slowConsumer: options.slowConsumer ?? "close",
    onHandshake: options.onHandshake,
    bindSession: options.bindSession,
    transports: checkTransports(options.transports ?? ["polling", "websocket"]),
    allowUpgrades: options.allowUpgrades ?? true,
    perMessageDeflate: options.perMessageDeflate ?? false,
    deflateThreshold: thresholdOf(options.perMessageDeflate),
    compressionThreshold: options.httpCompression === false ? Infinity : thresholdOf(options.httpCompression),
    cookie: options.cookie === true ? {} : options.cookie || undefined,
    cors: options.cors || undefined,
    origin: options.origin ?? "auto",
    allowEIO3: options.allowEIO3 ?? false,
    initialPacket: options.initialPacket,
    limits: resolveLimits(options.limits, maxHttpBufferSize, runtimeLimits),
  };
}

type CompressionOption = boolean | { threshold?: number } | undefined;

function thresholdOf(option: CompressionOption): number {
  return (typeof option === "object" ? option?.threshold : undefined) ?? 1024;
}

function checkTransports(transports: readonly string[]): readonly TransportName[] {
  for (const name of transports) {
    if (name !== "polling" && name !== "websocket") {
      throw new TypeError(`Cannot use the transport "${name}": the option transports takes "polling" and "websocket"`);
    }
  }
  return transports as readonly TransportName[];
}
