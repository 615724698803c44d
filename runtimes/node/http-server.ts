import { type Server as HttpServer, createServer } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Server as HttpsServer } from "node:https";

export type AnyHttpServer = HttpServer | HttpsServer | Http2SecureServer | Http2Server;

/** An HTTP server, or the port of one. */
export type Target = AnyHttpServer | number | string;

/** The HTTP server that is meant: a port makes one. Throws a `TypeError` for anything else. */
export function toHttpServer(target: unknown): AnyHttpServer {
  if (typeof target === "number" || (typeof target === "string" && /^\d+$/.test(target))) {
    return createServer().listen(Number(target));
  }
  if (isHttpServer(target)) return target;
  const got = typeof target === "function" ? "a function (an Express app?): pass http.createServer(app)" : String(target);
  throw new TypeError(`Cannot attach: expected an HTTP server or a port, got ${got}`);
}

export function isHttpServer(target: unknown): target is AnyHttpServer {
  return typeof target === "object" && target !== null && "listen" in target && "on" in target;
}
