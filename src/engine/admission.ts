import type { Host, Reply, RequestLike } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import { isTooLong } from "./ask.ts";
import type { CorsDecision } from "./cors.ts";
import { firstAnswer } from "./first-answer.ts";
import { replyOf } from "./hooks.ts";
import { randomId } from "./id.ts";
import { show } from "./option-checks.ts";
import type { AllowRequest, OnHandshake, ResolvedEngineOptions } from "./options.ts";
import { pageOf, refuseOrigin } from "./origin.ts";
import type { PollingForm } from "./polling-form.ts";
import { readQuery } from "./query.ts";
import { type Refusal, because, refusals } from "./refusal.ts";
import type { EngineHandler } from "./session-contract.ts";

/** Where ids come from. */
interface IdSource {
  /** Whether the app has no source of its own. */
  readonly makesOwnIds: boolean;
  generateId(request: unknown): string | Promise<string>;
  readonly host: Host;
  readonly sessions: ReadonlyMap<string, { readonly boundTo: string | undefined }>;
}

/** Who a new session is. */
export interface Identity {
  readonly id: string;
  /** Who opened it, by the option `bindSession`. */
  readonly boundTo: string | undefined;
}

/** What becomes of a handshake. */
export type Decision = Identity | Refusal | Reply;

/** Decides who gets a session. */
export class Admission {
  readonly #schedule: Schedule;
  readonly #handler: EngineHandler;
  readonly #options: () => ResolvedEngineOptions;

  constructor(schedule: Schedule, handler: EngineHandler, options: () => ResolvedEngineOptions) {
    this.#schedule = schedule;
    this.#handler = handler;
    this.#options = options;
  }

  /** What comes before all else: a handshake is shown to `onHandshake`, any other request must come from the session's owner. */
  async screen(request: RequestLike, sessions: IdSource["sessions"]): Promise<Refusal | Reply | undefined> {
    const { onHandshake, bindSession, limits } = this.#options();
    if (onHandshake === undefined && bindSession === undefined) return undefined;
    // A request that is too long is not read, and refused later.
    const query = isTooLong(request.url, limits) ? undefined : readQuery(request.url, limits.maxQueryParameters);
    if (query === undefined) return undefined;
    const { sid } = query;
    if (sid === undefined) return onHandshake === undefined ? undefined : this.#greet(onHandshake, request);
    if (bindSession === undefined || typeof sid !== "string") return undefined;
    const owned = await this.#ownerOf(request);
    if ("code" in owned) return owned;
    const session = sessions.get(sid);
    if (session === undefined || session.boundTo === owned.owner) return undefined;
    return because(refusals.forbidden, { name: "SESSION_BINDING" });
  }

  /** Whether this client gets a session. Nothing is awaited where nobody is to be asked. */
  decide(request: RequestLike, form: PollingForm, cors: CorsDecision | undefined, source: IdSource): Decision | Promise<Decision> {
    if (!this.#handler.admits()) return { ...refusals.overloaded, limit: "maxUnauthenticated" };
    const { allowRequest, bindSession } = this.#options();
    const asksNobody = source.makesOwnIds && allowRequest === undefined && bindSession === undefined;
    const page = pageOf(request, form);
    if (asksNobody && page === null) return { id: randomId(source.host), boundTo: undefined };
    return this.#decideLater(request, page, cors, source);
  }

  async #decideLater(request: RequestLike, page: string | null, cors: CorsDecision | undefined, source: IdSource): Promise<Decision> {
    return (await this.#refuse(request, page, cors)) ?? this.#identify(request, source);
  }

  /** Asks everything that may keep a client out, cheapest first. */
  async #refuse(request: RequestLike, page: string | null, cors: CorsDecision | undefined): Promise<Refusal | Reply | undefined> {
    const { origin, allowRequest } = this.#options();
    const refusal = page === null ? undefined : await this.#judgeOrigin(origin, cors, request, page);
    if (refusal !== undefined) return refusal;
    return allowRequest === undefined ? undefined : this.#ask(allowRequest, request);
  }

  /** Who the new session is: its id, from the app's or our own source, and who opened it. */
  async #identify(request: RequestLike, source: IdSource): Promise<Identity | Refusal> {
    const id = await this.#newId(request, source);
    if (typeof id !== "string") return id;
    if (this.#options().bindSession === undefined) return { id, boundTo: undefined };
    const owned = await this.#ownerOf(request);
    return "code" in owned ? owned : { id, boundTo: owned.owner };
  }

  /** The result, or a refusal once the app has taken longer than it may; should it fail later, that is reported. */
  async inTime<Result>(work: Promise<Result>, phase: string): Promise<Result | Refusal> {
    const result = await this.#schedule.inTime(this.#options().limits.middlewareTimeout, work, refusals.timeout);
    if (result === refusals.timeout) work.catch((error: unknown) => this.#handler.faulted(error, phase));
    return result;
  }

  async #greet(onHandshake: OnHandshake, request: RequestLike): Promise<Refusal | Reply | undefined> {
    try {
      return await this.inTime(answerOf(onHandshake, request), "onHandshake");
    } catch (error) {
      this.#handler.faulted(error, "onHandshake");
      return because(refusals.forbidden, { name: "ON_HANDSHAKE_ERROR" });
    }
  }

  async #newId(request: RequestLike, source: IdSource): Promise<string | Refusal> {
    try {
      const made = source.makesOwnIds ? randomId(source.host) : source.generateId(request.raw);
      const id: unknown = typeof made === "string" ? made : await this.inTime(Promise.resolve(made), "generateId");
      if (id === refusals.timeout) return refusals.timeout;
      if (typeof id !== "string" || id === "") throw new TypeError(`generateId must return a text, got ${String(id)}`);
      if (source.sessions.has(id)) throw new Error("generateId returned the id of an open connection: ids must be unique");
      return id;
    } catch (error) {
      this.#handler.faulted(error, "generateId");
      return because(refusals.badRequest, { name: "ID_GENERATION_ERROR", error });
    }
  }

  /** Whose the request is, by the option `bindSession`. */
  async #ownerOf(request: RequestLike): Promise<{ readonly owner: string | undefined } | Refusal> {
    const { bindSession } = this.#options();
    try {
      const owner: unknown = (await this.inTime(Promise.resolve(bindSession?.(request)), "bindSession")) ?? undefined;
      if (owner === refusals.timeout) return refusals.timeout;
      // Anything else would be the same for all, or for nobody.
      if (owner !== undefined && typeof owner !== "string" && typeof owner !== "number") {
        throw new TypeError(`bindSession must return a text, got ${show(owner)}`);
      }
      return { owner: owner === undefined ? undefined : String(owner) };
    } catch (error) {
      this.#handler.faulted(error, "bindSession");
      return because(refusals.forbidden, { name: "BIND_SESSION_ERROR" });
    }
  }

  async #judgeOrigin(
    rule: ResolvedEngineOptions["origin"],
    cors: CorsDecision | undefined,
    request: RequestLike,
    page: string,
  ): Promise<Refusal | undefined> {
    const failedLate = (error: unknown): void => this.#handler.faulted(error, "origin");
    try {
      const reason = await this.inTime(refuseOrigin(rule, { cors, request, page, failedLate }), "origin");
      if (typeof reason !== "string") return reason;
      return because({ ...refusals.forbidden, message: reason }, { message: reason });
    } catch (error) {
      this.#handler.faulted(error, "origin");
      return because(refusals.badRequest, { name: "ORIGIN_ERROR" });
    }
  }

  async #ask(allowRequest: AllowRequest, request: RequestLike): Promise<Refusal | Reply | undefined> {
    const failedLate = (error: unknown): void => this.#handler.faulted(error, "allowRequest");
    try {
      const verdict = await this.inTime(askAllowRequest(allowRequest, request, failedLate), "allowRequest");
      if (!("allowed" in verdict)) return verdict;
      if (verdict.allowed) return undefined;
      const message = verdict.message ?? refusals.forbidden.message;
      return because({ ...refusals.forbidden, message }, { message });
    } catch (error) {
      this.#handler.faulted(error, "allowRequest");
      return because(refusals.forbidden, { name: "ALLOW_REQUEST_ERROR" });
    }
  }
}

/** What the app's `allowRequest` said: yes, no with a message for the client, or a reply of its own. */
type Verdict = { readonly allowed: boolean; readonly message?: string | undefined } | Reply;

/** Calls `allowRequest` and takes its answer in whichever form it comes first. Rejects when it throws. */
function askAllowRequest(allowRequest: AllowRequest, request: RequestLike, failedLate: (error: unknown) => void): Promise<Verdict> {
  return firstAnswer<Verdict>(async (answer) => {
    const answered = (error: unknown, allowed: boolean): void => answer({ allowed, message: messageOf(error) });
    const result: unknown = await allowRequest(request.raw, answered);
    if (typeof result === "boolean") answer({ allowed: result });
    else if (result instanceof Response) answer(await replyOf(result));
  }, failedLate);
}

function messageOf(error: unknown): string | undefined {
  if (typeof error === "string") return error;
  return error instanceof Error ? error.message : undefined;
}

/** What the app says; a `Response` is read to its end. */
async function answerOf(onHandshake: OnHandshake, request: RequestLike): Promise<Reply | undefined> {
  const answer: unknown = await onHandshake(request);
  if (answer instanceof Response) return replyOf(answer);
  // It was meant to be an answer, and may have been a refusal.
  if (answer !== undefined && answer !== null) throw new TypeError(`onHandshake must return a Response or nothing, got ${show(answer)}`);
  return undefined;
}
