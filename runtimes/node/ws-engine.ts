import { WebSocketServer } from "ws";

/** The class of the option `wsEngine`, or the one of `ws`. Throws a `TypeError` for anything that cannot take its place. */
export function checkWebSocketServer(wsEngine: unknown = WebSocketServer): typeof WebSocketServer {
  const { handleUpgrade, on } = (typeof wsEngine === "function" ? wsEngine.prototype : undefined) ?? {};
  if (typeof handleUpgrade === "function" && typeof on === "function") return wsEngine as typeof WebSocketServer;
  const got = typeof wsEngine === "string" ? `"${wsEngine}": pass the class itself, such as require("${wsEngine}").Server` : typeof wsEngine;
  throw new TypeError(`Cannot use the option wsEngine: expected a class like WebSocketServer of ws, got ${got}`);
}
