import type { Reply } from "../../src/index.ts";
import { type EngineHooks, firstAnswer } from "../../src/runtime.ts";
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

  offerHeaders: (headers, offer) => offer(headers),
};
