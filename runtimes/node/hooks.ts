import type { Reply } from "../../src/index.ts";
import { type EngineHooks, type ReplyHeaders, firstAnswer } from "../../src/runtime.ts";
import type { NodeRequest } from "./request.ts";

/** The app has answered by itself. */
const answered: Reply = { status: 200, headers: {}, native: true };

/** Express-style engine middlewares, and header events with a plain object. */
export const nodeHooks: EngineHooks = {
  runMiddleware(middleware, request, failedLate) {
    const { raw, response } = request as NodeRequest;
    let end = (): void => {};
    const result = firstAnswer<Reply | undefined>((answer, refuse) => {
      end = () => answer(answered);
      response.once("finish", end).once("close", end);
      return middleware(raw, response, (error?: unknown) => (error ? refuse(error) : answer(undefined)));
    }, failedLate);
    // Others follow: each would leave its own.
    return result.finally(() => response.off("finish", end).off("close", end));
  },

  /** As in the released server, our cookie is `Set-Cookie`: an app that writes `set-cookie` adds one to it. */
  offerHeaders(headers, offer) {
    rename(headers, "set-cookie", "Set-Cookie");
    offer(headers);
    const cookies = [headers["Set-Cookie"] ?? [], headers["set-cookie"] ?? []].flat();
    // In two cases it would be sent twice.
    for (const name of Object.keys(headers)) rename(headers, name, name.toLowerCase());
    if (cookies.length > 0) headers["set-cookie"] = cookies;
  },
};

function rename(headers: ReplyHeaders, from: string, to: string): void {
  const value = headers[from];
  if (value === undefined || from === to) return;
  delete headers[from];
  headers[to] = value;
}
