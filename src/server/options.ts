import type { AdapterFactory } from "../adapter/adapter.ts";
import { MemoryAdapter } from "../adapter/memory.ts";
import { RecoveryAdapter } from "../adapter/recovery.ts";
import type { RecoveryStore } from "../adapter/recovery-store.ts";
import { warnOfOpenCors } from "../engine/cors.ts";
import { type OptionKind, amount, callback, checkOptions, flag, flagOrObject, nearestName, oneOf, text } from "../engine/option-checks.ts";
import { type EngineOptions, type ResolvedEngineOptions, engineOptionKinds } from "../engine/options.ts";
import { trimPath } from "../engine/path.ts";
import type { Host } from "../platform.ts";
import type { HandlerErrorPolicy } from "./faults.ts";
import type { OnInbound } from "./inbound.ts";
import type { Parser } from "./parser.ts";
import { refuseRetiredOptions } from "./retired.ts";

/** How clients whose connection broke get their socket back, with what they have missed. */
export interface RecoveryOptions {
  /** Milliseconds in which a client may come back. @default 120_000 */
  maxDisconnectionDuration?: number;
  /** Whether the middlewares of a namespace are skipped for a socket that comes back. @default true */
  skipMiddlewares?: boolean;
  /** What keeps sockets and events beyond the life of this process. @default memory; on Cloudflare the object's storage */
  store?: RecoveryStore;
}

/** Options of a server. What it shares with its engine is in `EngineOptions`. */
export interface ServerOptions extends EngineOptions {
  /** Path under which the server answers. @default "/socket.io" */
  path?: string;
  /** Whether the path ends with a slash: `/socket.io/?EIO=4…`. @default true */
  addTrailingSlash?: boolean;
  /** Whether the browser client is served at `<path>/socket.io.js` and friends. @default true */
  serveClient?: boolean;
  /** Makes the adapter of each namespace. @default the in-memory one */
  adapter?: AdapterFactory;
  /** Another encoding of packets: `{ Encoder, Decoder }`. @default JSON */
  parser?: Parser;
  /** Milliseconds that a connection may be without a namespace. @default 45_000 */
  connectTimeout?: number;
  /** Lets clients go on with their socket after a broken connection. @default off */
  connectionStateRecovery?: RecoveryOptions;
  /** Removes namespaces that a dynamic namespace made, once they are empty. @default false */
  cleanupEmptyChildNamespaces?: boolean;
  /** What happens when a callback of the app fails, beside the report. @default "contain" */
  handlerErrors?: HandlerErrorPolicy;
  /** Whether the next event of a socket waits until the asynchronous listeners of the one before are done. @default false */
  serial?: boolean;
  /** Decides about each incoming message before it is decoded: `tokenBucket()` makes one. @default lets all in */
  onInbound?: OnInbound;
}

/** The server's own options with every default in place. */
export interface ResolvedServerOptions {
  readonly path: string;
  readonly addTrailingSlash: boolean;
  readonly serveClient: boolean;
  readonly adapter: AdapterFactory;
  readonly parser: Parser | undefined;
  readonly connectTimeout: number;
  readonly connectionStateRecovery: ResolvedRecoveryOptions | undefined;
  readonly cleanupEmptyChildNamespaces: boolean;
  readonly handlerErrors: HandlerErrorPolicy;
  readonly serial: boolean;
  readonly onInbound: OnInbound | undefined;
}

interface ResolvedRecoveryOptions {
  readonly maxDisconnectionDuration: number;
  readonly skipMiddlewares: boolean;
  readonly store: RecoveryStore | undefined;
}

const recoveryKinds = { maxDisconnectionDuration: amount };
const parserKind: OptionKind = {
  expected: "an object with the classes Encoder and Decoder",
  fits: (value) => {
    const { Encoder, Decoder } = value as Partial<Parser>;
    return typeof Encoder === "function" && typeof Decoder === "function";
  },
};
const adapterKind: OptionKind = { expected: "a class, or what createAdapter() returns", fits: (value) => typeof value === "function" };

/** What each option takes. */
const kinds: Readonly<Record<Exclude<keyof ServerOptions, keyof EngineOptions>, OptionKind>> = {
  path: text,
  addTrailingSlash: flag,
  serveClient: flag,
  adapter: adapterKind,
  parser: parserKind,
  connectTimeout: amount,
  connectionStateRecovery: flagOrObject,
  cleanupEmptyChildNamespaces: flag,
  handlerErrors: oneOf("contain", "throw", "disconnect"),
  serial: flag,
  onInbound: callback,
};

const names = [...Object.keys(kinds), ...Object.keys(engineOptionKinds)];

/** Throws a `TypeError` that names the option which takes no such value. */
export function checkSettings(settings: object): void {
  checkOptions(settings, kinds);
}

/** Warns of what is allowed and hardly meant. A name that is nearly an option's may still be somebody else's. */
export function warnOfMistakes(options: ServerOptions, { cors }: ResolvedEngineOptions, host: Pick<Host, "warn">): void {
  warnOfOpenCors(cors, host);
  for (const name of Object.keys(options)) {
    const meant = names.includes(name) ? undefined : nearestName(name, names);
    if (meant !== undefined) host.warn(`There is no option ${name}: did you mean ${meant}?`);
  }
}

/** Fills in the defaults, and refuses what cannot work with a `TypeError` that names the option. */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  refuseRetiredOptions(options);
  checkOptions(options, kinds);
  return {
    path: trimPath(options.path || "/socket.io"),
    addTrailingSlash: options.addTrailingSlash ?? true,
    serveClient: options.serveClient ?? true,
    adapter: options.adapter ?? (options.connectionStateRecovery ? RecoveryAdapter : MemoryAdapter),
    parser: options.parser ?? undefined,
    connectTimeout: options.connectTimeout || 45_000,
    connectionStateRecovery: options.connectionStateRecovery ? resolveRecovery(options.connectionStateRecovery) : undefined,
    cleanupEmptyChildNamespaces: options.cleanupEmptyChildNamespaces ?? false,
    handlerErrors: options.handlerErrors ?? "contain",
    serial: options.serial ?? false,
    onInbound: options.onInbound,
  };
}

function resolveRecovery({ maxDisconnectionDuration = 120_000, skipMiddlewares = true, store }: RecoveryOptions): ResolvedRecoveryOptions {
  checkOptions({ maxDisconnectionDuration }, recoveryKinds, "connectionStateRecovery.");
  return { maxDisconnectionDuration, skipMiddlewares, store };
}
