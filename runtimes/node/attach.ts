import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket as NetSocket } from "node:net";
import type { Engine, Host, Reply, RequestLike } from "../../src/index.ts";
import type { AnyHttpServer } from "./http-server.ts";
import { NodeRequest } from "./request.ts";
import { LONGEST } from "../timer-host.ts";
import { WebSockets, answersAnother } from "./websockets.ts";

/** A class with the shape of `ws`'s `WebSocketServer`. */
// Its options are its own.
// oxlint-disable-next-line no-explicit-any
export type WebSocketServerClass = new (options: any) => object;

/** How WebSocket handshakes are answered, and what becomes of those that are nobody's. */
export interface AttachOptions {
  /** A class with the shape of `WebSocketServer` of `ws`, which then speaks WebSocket. @default none: ours, or `ws` with `perMessageDeflate` */
  wsEngine?: WebSocketServerClass;
  /** Whether their connections are ended. @default true */
  destroyUpgrade?: boolean;
  /** Milliseconds in which somebody else may take them. @default 1000 */
  destroyUpgradeTimeout?: number;
}

/** The bond between an HTTP server and ours. */
export interface Attachment {
  /** Hands every request back to the HTTP server's own listeners. */
  detach(): void;
  /** Drops the connections that are ended here and not by their clients. */
  cut(): void;
  /** Ends the HTTP/2 sessions, which no server of Node's does at once. */
  cutSessions(): void;
}

/** What is attached. */
export interface Attachable {
  readonly engine: Pick<Engine, "opts"> & { readonly host: Pick<Host, "endOfTurn" | "reportError"> };
  matches(url: string): boolean;
  handle(request: RequestLike): Promise<Reply | undefined>;
}

/** Our listeners for upgrades, each with what tells which are its own. */
const ours = new WeakMap<object, (request: IncomingMessage) => boolean>();

type RequestListener = (this: AnyHttpServer, request: IncomingMessage, response: ServerResponse) => void;

/** Lets `io` serve its requests and WebSocket handshakes; whoever listened before keeps the rest. */
export function attachTo(http: AnyHttpServer, io: Attachable, options: AttachOptions): Attachment {
  let attached = true;
  const webSockets = new WebSockets(io, options);
  const isOurs = ({ url = "" }: IncomingMessage): boolean => attached && url.startsWith("/") && io.matches(url);
  const others = http.listeners("request") as RequestListener[];
  if (others.length === 0) others.push(notFound);
  http.removeAllListeners("request");
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (isOurs(request)) void serve(io, request, response);
    else for (const listener of others) listener.call(http, request, response);
  };
  http.on("request", answer);
  const upgrade = (request: IncomingMessage, socket: NetSocket, head: Buffer): void => {
    if (isOurs(request)) void webSockets.accept(request, socket, head);
    else if (options.destroyUpgrade !== false && isNobodys(http, request)) endUnlessTaken(request, socket, options);
  };
  ours.set(upgrade, isOurs);
  http.on("upgrade", upgrade);
  const sessions = new Set<{ destroy(): void }>();
  const remember = (session: EventEmitter & { destroy(): void }): void => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  };
  http.on("session", remember);
  const detach = (): void => {
    attached = false;
    http.off("upgrade", upgrade).off("session", remember);
    // Somebody who was attached later has it, and asks it.
    if (!http.listeners("request").includes(answer)) return;
    http.off("request", answer);
    for (const listener of others) http.on("request", listener);
  };
  const cutSessions = (): void => sessions.forEach((session) => session.destroy());
  return { detach, cut: () => webSockets.cut(), cutSessions };
}

/** Answers where nobody else does. */
function notFound(this: AnyHttpServer, _request: IncomingMessage, response: ServerResponse): void {
  if (this.listenerCount("request") === 1) response.writeHead(404).end();
}

/** Whether nobody but us listens for upgrades, and this one is none of ours. */
function isNobodys(http: AnyHttpServer, request: IncomingMessage): boolean {
  return http.listeners("upgrade").every((listener) => ours.get(listener)?.(request) === false);
}

/** Answers one request, whatever its path. */
export async function serve(io: Attachable, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = new NodeRequest(raw, response);
  try {
    request.answer((await io.handle(request)) ?? { status: 404, headers: {} });
  } catch (error) {
    io.engine.host.reportError("A request could not be answered", error);
    response.destroy();
  }
}

/** A handshake that nobody has answered by then is nobody's. */
function endUnlessTaken(request: IncomingMessage, socket: NetSocket, { destroyUpgradeTimeout = 1000 }: AttachOptions): void {
  socket.on("error", () => {});
  // The rest of its text would look like somebody's answer.
  if (answersAnother(request, socket)) return void socket.destroy();
  const { bytesWritten } = socket;
  if (destroyUpgradeTimeout === Infinity) return;
  setTimeout(() => {
    // Nobody reads from it: it would never see the client's end.
    if (socket.writable && socket.bytesWritten === bytesWritten) socket.destroySoon();
  }, Math.min(destroyUpgradeTimeout, LONGEST));
}
