import type { Host, Reply, ReplyHeaders, RequestLike } from "../platform.ts";
import { firstAnswer } from "./first-answer.ts";

/** One origin or several: exactly, by pattern, all (`true`, `"*"`) or none (`false`). */
export type StaticOrigin = boolean | string | RegExp | readonly (string | RegExp | boolean)[];

/** The same, or decided per request. */
export type CorsOrigin =
  | StaticOrigin
  | ((origin: string | undefined, callback: (error: Error | null, allowed?: StaticOrigin) => void) => void);

/** Options of the npm package `cors`. */
export interface CorsOptions {
  /** Given as `undefined`, such as a variable of the environment that is not set, it switches CORS off. @default "*" */
  origin?: CorsOrigin;
  /** @default "GET,HEAD,PUT,PATCH,POST,DELETE" */
  methods?: string | readonly string[];
  /** @default what the preflight asks for */
  allowedHeaders?: string | readonly string[];
  exposedHeaders?: string | readonly string[];
  /** @default false */
  credentials?: boolean;
  /** Seconds for which a browser may remember a preflight. */
  maxAge?: number;
  /** @default 204 */
  optionsSuccessStatus?: number;
  /** Lets an engine middleware answer preflights. @default false */
  preflightContinue?: boolean;
}

export type CorsOptionsDelegate = (
  // The platform's own request: its type belongs to the app.
  // oxlint-disable-next-line no-explicit-any
  request: any,
  callback: (error: Error | null, options?: CorsOptions) => void,
) => void;

/** What `cors` says about one request. */
export interface CorsDecision {
  readonly options: CorsOptions;
  /** Value of `Access-Control-Allow-Origin`, or `undefined` when this origin is not let in. */
  readonly allowOrigin: string | undefined;
  readonly allowed: boolean;
}

/**
 * Reads the option once per request; `undefined` when there is none. Rejects when a user's function reports an error;
 * `failedLate` hears how one failed after it had answered.
 */
export async function decideCors(
  cors: CorsOptions | CorsOptionsDelegate | undefined,
  request: RequestLike,
  failedLate: (error: unknown) => void,
): Promise<CorsDecision | undefined> {
  const options = typeof cors === "function" ? await callDelegate(cors, request, failedLate) : cors;
  if (options === undefined || isWithoutOrigin(options)) return undefined;
  const origin = request.headers.get("origin") ?? undefined;
  const rule = await resolveOrigin(options.origin ?? "*", origin, failedLate);
  const allowed = matchesOrigin(rule, origin);
  return { options, allowed, allowOrigin: allowOriginValue(rule, origin, allowed) };
}

/** As the package `cors` sees it: what was meant to name origins, and names none, must not let in every one. */
function isWithoutOrigin(options: CorsOptions): boolean {
  return typeof options === "object" && "origin" in options && (options.origin ?? undefined) === undefined;
}

/** Decides by a rule of the form of `cors.origin`. */
export async function originMatches(rule: CorsOrigin, origin: string, failedLate: (error: unknown) => void): Promise<boolean> {
  return matchesOrigin(await resolveOrigin(rule, origin, failedLate), origin);
}

/** That every origin may send its user's cookies is hardly ever meant. */
export function warnOfOpenCors(cors: CorsOptions | CorsOptionsDelegate | undefined, host: Pick<Host, "warn">): void {
  if (typeof cors !== "object" || cors.origin !== true || cors.credentials !== true) return;
  host.warn("cors.origin: true with credentials lets every site act for your users: name the origins");
}

/** The headers of every reply to a cross-origin request, errors included. */
export function corsHeaders({ options, allowOrigin }: CorsDecision): ReplyHeaders {
  const headers: ReplyHeaders = {};
  if (allowOrigin !== undefined) headers["access-control-allow-origin"] = allowOrigin;
  if (allowOrigin !== "*") headers["vary"] = "Origin";
  if (options.credentials === true) headers["access-control-allow-credentials"] = "true";
  const exposed = list(options.exposedHeaders);
  if (exposed) headers["access-control-expose-headers"] = exposed;
  return headers;
}

/** The answer to a preflight, where `request` is one and the app does not want to answer itself. */
export function preflightReply(decision: CorsDecision | undefined, request: RequestLike): Reply | undefined {
  if (decision === undefined || request.method !== "OPTIONS" || decision.options.preflightContinue === true) return undefined;
  return { status: decision.options.optionsSuccessStatus ?? 204, headers: preflightHeaders(decision, request) };
}

function preflightHeaders(decision: CorsDecision, request: RequestLike): ReplyHeaders {
  const { options } = decision;
  const headers: ReplyHeaders = { ...corsHeaders(decision), "content-length": "0" };
  headers["access-control-allow-methods"] = list(options.methods) || "GET,HEAD,PUT,PATCH,POST,DELETE";
  const requested = request.headers.get("access-control-request-headers");
  const allowed = options.allowedHeaders === undefined ? requested : list(options.allowedHeaders);
  if (allowed) headers["access-control-allow-headers"] = allowed;
  if (options.allowedHeaders === undefined) addVary(headers, "Access-Control-Request-Headers");
  if (options.maxAge !== undefined) headers["access-control-max-age"] = String(options.maxAge);
  return headers;
}

/** Adds `name` to a `Vary` header that may exist already. */
export function addVary(headers: ReplyHeaders, name: string): void {
  headers["vary"] = united(headers["vary"], name);
}

/** Puts `own` into `headers`, where it wins; but what either varies by, both do. */
export function mergeHeaders(headers: ReplyHeaders, own: ReplyHeaders): ReplyHeaders {
  const { vary } = headers;
  Object.assign(headers, own);
  if (vary !== undefined) headers["vary"] = united(vary, own["vary"]);
  return headers;
}

/** The names of comma-separated lists, each once. */
function united(...lists: readonly (ReplyHeaders[string] | undefined)[]): string {
  const present = lists.filter((names) => names !== undefined);
  return [...new Set(present.flatMap((names) => String(names).split(/\s*,\s*/)))].join(", ");
}

function callDelegate(
  delegate: CorsOptionsDelegate,
  request: RequestLike,
  failedLate: (error: unknown) => void,
): Promise<CorsOptions | undefined> {
  // An asynchronous function answers through the callback too, but may fail before.
  return firstAnswer((answer, refuse) => {
    return delegate(request.raw, (error, options) => (error ? refuse(error) : answer(options)));
  }, failedLate);
}

function resolveOrigin(
  rule: CorsOrigin,
  origin: string | undefined,
  failedLate: (error: unknown) => void,
): Promise<StaticOrigin> | StaticOrigin {
  if (typeof rule !== "function") return rule;
  return firstAnswer((answer, refuse) => {
    return rule(origin, (error, allowed) => (error ? refuse(error) : answer(allowed ?? false)));
  }, failedLate);
}

function matchesOrigin(rule: StaticOrigin, origin: string | undefined): boolean {
  if (rule === true || rule === "*") return true;
  if (rule === false || origin === undefined) return false;
  if (typeof rule === "string") return rule === origin;
  if (rule instanceof RegExp) {
    // A pattern with the flag g or y remembers where it stopped.
    rule.lastIndex = 0;
    return rule.test(origin);
  }
  return rule.some((one) => matchesOrigin(one, origin));
}

function allowOriginValue(rule: StaticOrigin, origin: string | undefined, allowed: boolean): string | undefined {
  if (rule === "*") return "*";
  // One fixed origin is told to whoever does not say its own; a foreign one learns nothing.
  if (typeof rule === "string") return allowed || origin === undefined ? rule : undefined;
  return allowed ? (origin ?? undefined) : undefined;
}

function list(names: string | readonly string[] | undefined): string {
  return typeof names === "string" ? names : (names ?? []).join(",");
}
