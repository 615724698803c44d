// Compiled, not run: whatever released `socket.io` has in public, ours has too. The exceptions are listed here.

import type * as upstream from "socket.io";
import type * as ours from "../../runtimes/node.ts";

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function same<A, B>(...equal: Equal<A, B> extends true ? [] : [expected: B, got: A]): void;

/** Names of upstream's members that ours lacks, without the private ones and Node's symbols. */
type Missing<Upstream, Ours> = Exclude<Extract<keyof Upstream, string>, keyof Ours | `_${string}`>;

same<Missing<upstream.Server, ours.Server>, never>();
same<Missing<upstream.Namespace, ours.Namespace>, never>();
same<Missing<upstream.Socket, ours.Socket>, never>();
same<Missing<upstream.BroadcastOperator<any, any>, ours.BroadcastOperator<any, any>>, never>();
same<Missing<upstream.RemoteSocket<any, any>, ours.RemoteSocket<any, any>>, never>();
same<Missing<upstream.ServerOptions, ours.ServerOptions>, never>();
same<Missing<upstream.ExtendedError, ours.ExtendedError>, never>();
same<Missing<upstream.Socket["handshake"], ours.Handshake>, never>();
same<Missing<upstream.Socket["client"], ours.Socket["client"]>, never>();
// Nobody outside tells what these have to say.
same<Exclude<Missing<upstream.Socket["conn"], ours.Session>, "emit">, never>();
same<Exclude<Missing<upstream.Namespace["adapter"], ours.Namespace["adapter"]>, "emit" | "nsp">, never>();
// The server attaches to the HTTP server by itself; who wants the engine alone takes `Engine`.
type Attaching = "attach" | "handleRequest" | "handleUpgrade" | "httpServer" | "onWebTransportSession" | "upgrades";
same<Exclude<Missing<upstream.Server["engine"], ours.Server["engine"]>, "emit" | Attaching>, never>();
// That a module of CommonJS is its own default is not an export.
same<Exclude<Missing<typeof upstream, typeof ours>, "default">, never>();

// Where upstream's value goes, ours goes: the parameters of callbacks, and what they are handed on to.

same<Parameters<ours.Socket["join"]>, Parameters<upstream.Socket["join"]>>();
same<Parameters<ours.Socket["leave"]>, Parameters<upstream.Socket["leave"]>>();
same<ReturnType<ours.Socket["join"]>, ReturnType<upstream.Socket["join"]>>();
same<Parameters<ours.Socket["disconnect"]>, Parameters<upstream.Socket["disconnect"]>>();
same<Parameters<ours.Server["socketsJoin"]>, Parameters<upstream.Server["socketsJoin"]>>();
same<Parameters<ours.Server["disconnectSockets"]>, Parameters<upstream.Server["disconnectSockets"]>>();
same<ReturnType<ours.Server["allSockets"]>, ReturnType<upstream.Server["allSockets"]>>();
same<ReturnType<ours.Server["close"]>, ReturnType<upstream.Server["close"]>>();
same<ours.DisconnectReason, upstream.DisconnectReason>();
same<ours.ExtendedError["data"], upstream.ExtendedError["data"]>();
same<ours.DefaultEventsMap, upstream.DefaultEventsMap>();
same<ours.Socket["rooms"], upstream.Socket["rooms"]>();
same<ours.Handshake["auth"], upstream.Socket["handshake"]["auth"]>();

// Names that upstream exports (a test compares this list with its declarations), then those that people miss there.

export type {
  BroadcastOperator,
  DefaultEventsMap,
  DisconnectReason,
  Event,
  ExtendedError,
  Namespace,
  RemoteSocket,
  Server,
  ServerOptions,
  Socket,
} from "../../runtimes/node.ts";
export type { EventsMap, Handshake, Room, SocketId } from "../../runtimes/node.ts";
