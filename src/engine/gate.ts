import type { Reply, RequestLike } from "../platform.ts";
import type { Admission } from "./admission.ts";
import { type CorsDecision, decideCors, preflightReply } from "./cors.ts";
import type { EngineHooks, EngineMiddleware } from "./hooks.ts";
import type { ResolvedEngineOptions } from "./options.ts";
import { type Refusal, because, refusals } from "./refusal.ts";
import type { EngineHandler } from "./session-contract.ts";
import type { Sessions } from "./sessions.ts";

/** What was decided about a request; `early` is the answer to one that is not to be served. */
export interface Admitted {
  readonly cors?: CorsDecision | undefined;
  readonly early?: Reply | Refusal | undefined;
}

/** Nobody had anything to say. */
export const admitted: Admitted = {};

interface GateParts {
  readonly admission: Admission;
  readonly hooks: EngineHooks;
  readonly handler: EngineHandler;
  readonly sessions: Sessions;
  readonly options: () => ResolvedEngineOptions;
}

/** What every request passes before it is looked at: CORS, screening and the app's middlewares. */
export class Gate {
  middlewares: readonly EngineMiddleware[] = [];
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Whether every request passes, so that there is nothing to wait for. */
  get isOpen(): boolean {
    const { cors, onHandshake, bindSession } = this.#parts.options();
    return cors === undefined && onHandshake === undefined && bindSession === undefined && this.middlewares.length === 0;
  }

  async admit(request: RequestLike): Promise<Admitted> {
    const { admission, handler, sessions, options } = this.#parts;
    const { cors: rules } = options();
    let cors: CorsDecision | undefined;
    let early: Reply | Refusal | undefined;
    try {
      const decision = rules && (await admission.inTime(decideCors(rules, request, (error) => handler.faulted(error, "cors")), "cors"));
      if (decision === refusals.timeout) early = refusals.timeout;
      else cors = decision as CorsDecision | undefined;
      early ??= preflightReply(cors, request) ?? (await admission.screen(request, sessions));
      early ??= await this.#runMiddlewares(request);
    } catch (error) {
      handler.faulted(error, "engine middleware");
      early = because(refusals.badRequest, { name: "MIDDLEWARE_FAILURE" });
    }
    return { cors, early };
  }

  async #runMiddlewares(request: RequestLike): Promise<Reply | Refusal | undefined> {
    const { admission, hooks, handler } = this.#parts;
    const failedLate = (error: unknown): void => handler.faulted(error, "engine middleware");
    for (const middleware of this.middlewares) {
      const result = await admission.inTime(hooks.runMiddleware(middleware, request, failedLate), "engine middleware");
      if (result !== undefined) return result;
    }
    return undefined;
  }
}
