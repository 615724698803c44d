import type { Reply } from "../../src/index.ts";
import { type EngineHooks, firstAnswer } from "../../src/runtime.ts";
import type { NodeRequest } from "./request.ts";

/** The app has answered by itself. */
const answered: Reply = { status: 200, headers: {}, native: true };

/** Express-style engine middlewares, and header events with a plain object. */
export const nodeHooks: EngineHooks = {
  runMiddleware(middleware, request, failedLate) {
    const { raw, response } = request as NodeRequest;
    return firstAnswer<Reply | undefined>((answer, refuse) => {
      response.once("finish", () => answer(answered)).once("close", () => answer(answered));
      return middleware(raw, response, (error?: unknown) => (error ? refuse(error) : answer(undefined)));
    }, failedLate);
  },

  offerHeaders: (headers, offer) => offer(headers),
};
