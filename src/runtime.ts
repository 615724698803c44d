/** What runtimes need beside the public surface. */
export type { EngineHooks, EngineMiddleware } from "./engine/hooks.ts";
export type { BodyFailure, HeadersLike, LogWriter, ReplyHeaders, SharedFrames, TopicHub } from "./platform.ts";
export type { ClientFiles } from "./server/client-files.ts";
export { checkOptions, text } from "./engine/option-checks.ts";
export { firstAnswer } from "./engine/first-answer.ts";
export { toHeaders } from "./engine/hooks.ts";
export { pathAfter, trimPath } from "./engine/path.ts";
export { isOfSession } from "./engine/query.ts";
export { WebRequest, type WebContext, toResponse } from "./engine/web-request.ts";
export { isLonger, utf8Length } from "./wire/utf8.ts";
export type { ConnectionSnapshot, SavedConnection } from "./server/snapshot.ts";
