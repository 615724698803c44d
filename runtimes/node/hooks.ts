import type { Reply } from "../../src/index.ts";
import type { EngineHooks } from "../../src/runtime.ts";
import type { NodeRequest } from "./request.ts";

/** The app has answered by itself. */
const answered: Reply = { status: 200, headers: {}, native: true };

/** Express-style engine middlewares, and header events with a plain object. */
export const nodeHooks: EngineHooks = {
  runMiddleware(middleware, request) {
    const { raw, response } = request as NodeRequest;
    return new Promise((resolve, reject) => {
      response.once("finish", () => resolve(answered)).once("close", () => resolve(answered));
      const next = (error?: unknown): void => (error ? reject(error) : resolve(undefined));
      Promise.resolve(middleware(raw, response, next)).catch(reject);
    });
  },

  offerHeaders: (headers, offer) => offer(headers),
};
