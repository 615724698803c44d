import type { DrainOptions } from "../../src/index.ts";
import type { Session } from "../../src/engine/session.ts";
import type { Packet } from "./clients/packets.ts";
import type { Frame, SimulatedWebSocket } from "./network/web-socket.ts";

/** What must become of something that is sent: it arrives unless the connection ends, it is dropped, or either. */
export type Fate = "sure" | "dropped" | "unsure";

/** What invariants hear of. Ids: `sid` is a session's, `socket` a socket's, `item` names one thing that was sent. */
export interface Observations {
  // ---- at the server's door
  sessionOpened: { readonly sid: string; readonly session: Session };
  sessionClosed: { readonly sid: string; readonly reason: string };
  exchangeOpened: { readonly exchange: number; readonly sid: string | undefined; readonly method: string };
  exchangeAnswered: { readonly exchange: number; readonly status: number };
  exchangeAborted: { readonly exchange: number };
  frameWritten: { readonly ws: SimulatedWebSocket; readonly frame: Frame; readonly buffered: number };
  frameAtDoor: { readonly ws: SimulatedWebSocket; readonly frame: Frame };
  threw: { readonly error: unknown };

  // ---- in the app
  admitting: { readonly socket: string; readonly sid: string; readonly nsp: string };
  /** The middleware has made up its mind. */
  admitted: { readonly socket: string; readonly sid: string };
  joined: { readonly socket: string; readonly sid: string; readonly nsp: string; readonly recovered: boolean };
  leaving: { readonly socket: string; readonly sid: string; readonly reason: string; readonly rooms: readonly string[] };
  left: { readonly socket: string; readonly sid: string; readonly reason: string; readonly rooms: number };
  /** The app's listener was called with the client's message `item`. */
  handled: { readonly sid: string; readonly socket: string; readonly item: number };
  /** The app has sent `item` to this connection. */
  emitted: { readonly sid: string; readonly socket: string; readonly item: string; readonly fate: Fate };
  /** `item` is for this socket, also when its client is away and comes back. */
  kept: { readonly socket: string; readonly item: string };
  /** … and then it could not be sent: the call threw. */
  notEmitted: { readonly sid: string; readonly item: string };
  ackAsked: {
    readonly ack: number;
    readonly item: string;
    readonly sockets: readonly string[];
    /** Of each, the connection: it may have come back over another. */
    readonly sids: readonly string[];
    readonly due: number | undefined;
    readonly promise: boolean;
  };
  /** The call that asked for it threw. */
  ackRefused: { readonly ack: number };
  ackSettled: { readonly ack: number; readonly failed: boolean; readonly values: readonly unknown[] };
  appThrew: { readonly fault: string };
  faultReported: { readonly fault: string };
  limitHit: { readonly name: string; readonly sid: string };
  /** The app ends a connection. */
  sentAway: { readonly sid: string };
  /** The app closes the server. */
  serverCloses: { readonly drain: DrainOptions | undefined };
  /** … and is told that it has closed. */
  serverClosed: {};
  /** It takes handshakes again. */
  serverOpens: {};

  // ---- at clients
  clientOpened: { readonly client: number; readonly sid: string; readonly good: boolean; readonly waits: boolean };
  clientClosed: { readonly client: number; readonly sid: string; readonly reason: string };
  /** Its client has stopped polling for a WebSocket that has ended: it is open, and hears nothing. */
  stranded: { readonly sid: string };
  /** A client sends `item` from its socket. */
  sent: { readonly sid: string; readonly socket: string; readonly item: number };
  /** What this connection has sent so far, and no answer says that it arrived, may be lost or not. */
  sendingFailed: { readonly sid: string; readonly items: readonly number[] };
  /** A POST with these was answered: they have been handled. */
  sendingTaken: { readonly sid: string; readonly items: readonly number[] };
  /** `socket` is that of the client, also while it is not yet back. */
  /** `isPlaced`: it carried an offset, as all do that want no answer. */
  arrived: { readonly sid: string; readonly socket: string; readonly item: string; readonly isPlaced: boolean };
  packetArrived: { readonly sid: string; readonly text: string; readonly packet: Packet };
  answerArrived: { readonly sid: string; readonly expected: number | undefined; readonly answer: unknown };

  // ---- the simulation itself
  /** As text, where somebody wants to read it. */
  step: { readonly what: () => string };
  /** The server's process is gone, and with it all that it held. */
  serverDied: {};
  /** The process is gone, and comes back from its snapshots. */
  serverSlept: {};
}

export type Saw = <Kind extends keyof Observations>(kind: Kind, what: Observations[Kind]) => void;

export type Handlers = { readonly [Kind in keyof Observations]?: (what: Observations[Kind]) => void };
