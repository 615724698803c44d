import type { RequestLike, WebSocketLike } from "../platform.ts";
import { Deadline } from "../schedule.ts";
import type { Message } from "../wire/codec.ts";
import type { EnginePacket } from "../wire/engine-packet.ts";
import { isLonger } from "../wire/utf8.ts";
import { type CloseReason, TransportError } from "./close-reason.ts";
import { endMalformed, endTooLarge } from "./endings.ts";
import type { Beating, HeartbeatKeeper, Pulse } from "./heartbeat.ts";
import { Inbox } from "./inbox.ts";
import { type Leaving, type Link, linkChanges } from "./link.ts";
import { Outlet } from "./outlet.ts";
import { Polling } from "./polling.ts";
import { type Revision, control } from "./revision.ts";
import type { SessionOwner } from "./session-contract.ts";

/** Milliseconds in which a polling client may still fetch the last packets of a closed session. */
const CLOSING_TIME = 30_000;

/** Milliseconds in which a client that may switch to a WebSocket must have done so when the server goes. */
const SWITCH_TIME = 1000;

/** How the end of a session is told to its client, where that differs from the ordinary. */
interface Farewell {
  /** Code and reason of the WebSocket's close frame. */
  readonly code?: number;
  readonly text?: string;
  /** Answer to a waiting GET. */
  readonly lastPacket?: string;
}

/** One client's connection, however it is carried at the moment. */
export class Session extends Outlet implements Beating {
  /** @internal */ readonly heartbeat: Deadline<Beating> = new Deadline<Beating>(this);
  /** @internal */ pulse: Pulse = "idle";
  /** @internal */ pingedAt = 0;
  /** @internal */ grace = 0;
  /** @internal */ heardAt = 0;
  /** @internal Bytes that `Pressure` counts for this session. */ countedBytes = 0;
  readonly #inbox = new Inbox(this);
  readonly #beats: HeartbeatKeeper;

  constructor(id: string, request: RequestLike, owner: SessionOwner, revision: Revision, ws?: WebSocketLike, startedPolling = ws === undefined) {
    const polling = ws === undefined ? new Polling(owner.options.maxHttpBufferSize) : undefined;
    super(id, request, owner, revision, ws === undefined ? { state: "polling" } : { state: "websocket", ws }, polling, startedPolling);
    this.#beats = owner.heartbeats[revision.protocol];
  }

  protected override get session(): this {
    return this;
  }

  /** @internal Starts the heartbeat. */
  opened(): void {
    this.owner.logs.session?.("session opens over %s", this.transportName);
    this.#beats.start(this);
    this.dispatch("open", []);
  }

  /** @internal Goes on where a snapshot left off. */
  resumed(heartbeatDue: number): void {
    this.owner.logs.session?.("session goes on after a sleep");
    this.#beats.resume(this, heartbeatDue);
  }

  /** @internal When the platform last took a pong by itself. */
  get lastPong(): number | undefined {
    return this.revision.clientBeat === "pong" ? this.webSocket?.lastPong : undefined;
  }

  // ---- the link

  /** @internal Assigns the link: the only place that does. */
  become(link: Link): void {
    const { state } = this.link;
    if (!linkChanges[state].includes(link.state)) throw new Error(`A session cannot go from ${state} to ${link.state}`);
    this.link = link;
  }

  /** @internal The WebSocket takes over: what is still queued goes out on it. */
  upgrade(ws: WebSocketLike): void {
    const polling = this.polling!;
    this.become({ state: "websocket", ws });
    this.#beats.upgraded(this);
    this.transportName = "websocket";
    polling.answerWith(control("6"));
    polling.stopHurrying();
    this.moveQueue();
    if (this.readyState === "closed") return;
    if (polling.openPost === undefined) this.polling = undefined;
    this.owner.logs.session?.("session goes on over websocket");
    this.owner.changed?.(this);
    this.dispatch("upgrade", [this.transport]);
  }

  override close(discard = false): this {
    // Clients take up a close at once, but events a moment later: what comes first must come with an answer of its own.
    if (!discard) this.#flush();
    // Only now: whoever hears that something went out may have closed it.
    const { state } = this.link;
    if (this.link.state === "probing" && !discard) this.#leaveOnceSwitched(this.link, this.link.leaving ?? "in order");
    else if (state === "websocket" || discard || this.polling?.waiting === true) this.end("forced close");
    else if (state === "polling") this.#beginClosing();
    return this;
  }

  /** All that can go out now. */
  #flush(): void {
    this.flushPoll();
    this.moveQueue();
    this.flushBacklog();
  }

  /** @internal The server goes. Who was told to switch to a WebSocket, and has not yet, hangs when that ends: it has a moment for it. */
  leave(): void {
    const { link } = this;
    if (link.state !== "probing" || !link.answered) return void this.close(true);
    link.deadline.cancel();
    const deadline = this.owner.schedule.after(SWITCH_TIME, () => this.close(true));
    this.#leaveOnceSwitched({ ...link, deadline }, "at once");
  }

  /** @internal Ends the session, once. */
  end(reason: CloseReason, description?: unknown, farewell: Farewell = {}): void {
    const link = this.link;
    if (link.state === "closed") return;
    this.become({ state: "closed" });
    this.owner.logs.session?.("session ends: %s", reason);
    this.#beats.stop(this);
    this.#inbox.clear();
    if ("deadline" in link) link.deadline.cancel();
    this.backlog?.clear();
    if ("ws" in link) link.ws.close(farewell.code, farewell.text);
    this.polling?.finish(control(farewell.lastPacket ?? "1"));
    this.owner.pressure.forget(this);
    this.owner.sessionClosed(this);
    this.owner.changed?.(this);
    this.handler?.closed(reason, description);
    this.dispatch("close", description === undefined ? [reason] : [reason, description]);
  }

  /** @internal Ends a session whose client is known to be gone. */
  abandon(error: Error): void {
    this.webSocket?.terminate();
    this.end("transport error", error);
  }

  #leaveOnceSwitched(link: Link & { state: "probing" }, leaving: Leaving): void {
    this.become({ ...link, leaving });
    this.#beats.stop(this);
  }

  #beginClosing(): void {
    const deadline = this.owner.schedule.after(CLOSING_TIME, () => this.end("forced close"));
    this.become({ state: "closing", deadline });
    this.#beats.stop(this);
  }

  // ---- the heartbeat

  /** @internal */
  sendPing(): void {
    this.owner.changed?.(this);
    if (this.hasListeners("packetCreate")) this.dispatch("packetCreate", [{ type: "ping" }]);
    this.sendControl("2");
  }

  /** @internal */
  pingTimedOut(): void {
    // The pong may be among what waits to be handled, or the platform may have taken it.
    if (this.#inbox.isWaiting && this.#beats.wait(this)) this.owner.changed?.(this);
    else if ((this.lastPong ?? -1) >= this.pingedAt) this.#beats.beat(this);
    else this.end("ping timeout");
  }

  // ---- in

  /** @internal A frame of the session's own WebSocket. */
  receiveFrame(data: Message): void {
    // Some platforms go on to hand over frames after the end.
    if (this.link.state !== "websocket") return;
    // Not every platform has a limit of its own, and some have one for all sockets of a server.
    if (isLonger(data, this.owner.options.maxHttpBufferSize)) return endTooLarge(this);
    if (this.#inbox.admits()) this.handleFrame(data);
    else this.#inbox.add(data);
  }

  /** @internal The session's own WebSocket has ended. */
  webSocketClosed(error: Error | undefined): void {
    if (error instanceof TransportError && error.limit !== undefined) this.owner.limitHit(error.limit, this);
    const end = (): void => (error === undefined ? this.end("transport close") : this.end("transport error", error));
    if (this.#inbox.isWaiting) this.#inbox.add(end);
    else end();
  }

  /** @internal A GET waits now, or one is answered that its client wanted to see answered before it goes on, so many milliseconds too late. */
  polled(late = 0): void {
    if (this.readyState === "open" && this.#beats.polled(this, late)) this.owner.changed?.(this);
  }

  /** @internal A POST is handled; what a new WebSocket brought meanwhile is next. */
  postHandled(): void {
    if (this.polling !== undefined) this.polling.openPost = undefined;
    if (this.link.state === "websocket") this.polling = undefined;
    this.#inbox.resume();
  }

  /** @internal Handles one packet, from wherever it came. */
  handlePacket(packet: EnginePacket): void {
    if (this.readyState !== "open") return;
    if (this.hasListeners("packet")) this.dispatch("packet", [packet]);
    // The listener may have closed it.
    if (this.readyState !== "open") return;
    if (packet.type !== "pong" && this.#beats.otherData(this)) this.owner.changed?.(this);
    switch (packet.type) {
      case "message":
        return this.#handleMessage(packet.data);
      case "ping":
      case "pong":
        return this.#handleBeat(packet.type);
      case "close":
        return this.end("transport close", undefined, { code: 1000, lastPacket: "6" });
      default: // open, upgrade and noop mean nothing here
    }
  }

  #handleBeat(beat: "ping" | "pong"): void {
    if (beat !== this.revision.clientBeat) return this.end("transport error", new TransportError("invalid heartbeat direction"));
    this.#beats.beat(this);
    // Else, after a sleep, it would be awaited again.
    this.owner.changed?.(this);
    if (beat === "ping") this.sendControl("3");
    this.dispatch("heartbeat", []);
  }

  /** @internal Handles a frame whose turn has come. */
  handleFrame(data: Message): void {
    if (this.link.state !== "websocket") return;
    const packet = this.revision.decodeFrame(data);
    if (packet === undefined) endMalformed(this);
    else this.handlePacket(packet);
  }

  #handleMessage(data: Message): void {
    if (data === "" && this.handler?.takesEmpty !== true) return endMalformed(this);
    const message = typeof data === "string" ? data : this.owner.host.bytes(data);
    this.handler?.receive(message);
    if (this.hasListeners("data")) this.dispatch("data", [message]);
    if (this.hasListeners("message")) this.dispatch("message", [message]);
  }
}
