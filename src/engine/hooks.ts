import type { Reply, ReplyHeaders, RequestLike } from "../platform.ts";
import { firstAnswer } from "./first-answer.ts";

/**
 * The app's callbacks in the shape of one family of runtimes.
 *
 * Express-style on Node; on every other runtime the forms of this file.
 */
export interface EngineHooks {
  /** Runs one engine middleware. A reply ends the request; a rejection refuses it. Failures after that go to `failedLate`. */
  runMiddleware(middleware: EngineMiddleware, request: RequestLike, failedLate: (error: unknown) => void): Promise<Reply | undefined>;
  /** Lets `offer` change `headers` in the form that users of this runtime expect. */
  offerHeaders(headers: ReplyHeaders, offer: (view: unknown) => void): void;
}

/** `(request, next)`; on Node `(req, res, next)`. */
// Middlewares made for other servers must fit, whatever their types.
// oxlint-disable-next-line no-explicit-any
export type EngineMiddleware = (...args: any[]) => unknown;

/** `(request, next)`, where a returned `Response` ends the request; header events get a `Headers`. */
export const webHooks: EngineHooks = {
  runMiddleware(middleware, request, failedLate) {
    return firstAnswer<Reply | undefined>(async (answer, refuse) => {
      const next = (error?: unknown): void => (error ? refuse(error) : answer(undefined));
      const result: unknown = await middleware(request.raw, next);
      if (result instanceof Response) answer(await replyOf(result));
    }, failedLate);
  },

  offerHeaders(headers, offer) {
    const view = toHeaders(headers);
    offer(view);
    for (const name of Object.keys(headers)) if (!view.has(name)) delete headers[name];
    view.forEach((value, name) => (headers[name] = value));
    const cookies = view.getSetCookie();
    if (cookies.length > 0) headers["set-cookie"] = cookies;
  },
};

/** A reply that sends what the app's own `Response` says. */
export async function replyOf(response: Response): Promise<Reply> {
  if (response.status === 0) throw new TypeError("Cannot answer with Response.error(): it has no status");
  const headers: ReplyHeaders = {};
  response.headers.forEach((value, name) => (headers[name] = value));
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) headers["set-cookie"] = cookies;
  // It may become another one; and where there is no body, there must not even be an empty one.
  delete headers["content-length"];
  if (response.body === null) return { status: response.status, headers };
  return { status: response.status, headers, body: new Uint8Array(await response.arrayBuffer()) };
}

export function toHeaders(headers: ReplyHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") result.set(name, value);
    else for (const one of value) result.append(name, one);
  }
  return result;
}
