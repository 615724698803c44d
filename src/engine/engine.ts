import { Emitter, assertCallable } from "../events/emitter.ts";
import type { Logs } from "../log.ts";
import type { Host, Reply, ReplyHeaders, RequestLike, WebSocketLike } from "../platform.ts";
import type { Schedule } from "../schedule.ts";
import { Admission, type Decision, type Identity } from "./admission.ts";
import { type HandshakeAsk, readAsk } from "./ask.ts";
import { compressReply } from "./compression.ts";
import { serializeCookie } from "./cookie.ts";
import { type CorsDecision, corsHeaders, mergeHeaders } from "./cors.ts";
import type { EngineEvents } from "./engine-events.ts";
import { Gate, admitted } from "./gate.ts";
import { initialMessages, openPacket } from "./handshake.ts";
import { ClientHeartbeat } from "./client-heartbeat.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { EngineHooks, EngineMiddleware } from "./hooks.ts";
import type { ResolvedEngineOptions } from "./options.ts";
import { randomId } from "./id.ts";
import { receivePoll, receivePost } from "./polling-requests.ts";
import { Pressure } from "./pressure.ts";
import { Publications } from "./publications.ts";
import { type Refusal, because, refusalReply, refusals } from "./refusal.ts";
import { control } from "./revision.ts";
import { keepSendable } from "./sendable.ts";
import type { EngineHandler, SessionOwner } from "./session-contract.ts";
import { Session } from "./session.ts";
import { Sessions } from "./sessions.ts";
import { type SessionSnapshot, restoreSession } from "./snapshot.ts";
import { Probe } from "./upgrade.ts";
import { DirectWebSocket } from "./websocket.ts";

/** What an engine is made of. */
export interface EngineParts {
  readonly options: ResolvedEngineOptions;
  readonly host: Host;
  readonly schedule: Schedule;
  readonly logs: Logs;
  readonly hooks: EngineHooks;
  readonly handler: EngineHandler;
  /** Hears of every session that a snapshot would now tell something new of. */
  readonly changed?: ((session: Session) => void) | undefined;
}

/** The Engine.IO server: sessions, and the requests that carry them. */
export class Engine extends Emitter<EngineEvents> implements SessionOwner {
  /** @internal */ readonly sessions: Sessions = new Sessions();
  /** @internal */ readonly host: Host;
  /** @internal */ readonly schedule: Schedule;
  /** @internal */ readonly heartbeats: SessionOwner["heartbeats"];
  /** @internal */ readonly pressure: Pressure;
  /** @internal */ readonly publications: Publications;
  /** @internal */ readonly logs: Logs;
  /** @internal */ readonly changed: ((session: Session) => void) | undefined;
  /** @internal */ options: ResolvedEngineOptions;
  readonly #hooks: EngineHooks;
  readonly #handler: EngineHandler;
  readonly #admission: Admission;
  readonly #gate: Gate;
  #closed = false;

  constructor(parts: EngineParts) {
    super();
    this.options = parts.options;
    this.host = parts.host;
    this.schedule = parts.schedule;
    this.logs = parts.logs;
    this.changed = parts.changed;
    this.#hooks = parts.hooks;
    this.#handler = parts.handler;
    const options = (): ResolvedEngineOptions => this.options;
    this.#admission = new Admission(this.schedule, this.#handler, options);
    this.#gate = new Gate({ admission: this.#admission, hooks: parts.hooks, handler: this.#handler, sessions: this.sessions, options });
    this.heartbeats = { 3: new ClientHeartbeat(this.schedule, options), 4: new Heartbeat(this.schedule, options, this.host.sleeps === true) };
    this.pressure = new Pressure(this.sessions, () => this.options.limits.maxTotalBufferedBytes);
    this.publications = new Publications(this.pressure, () => this.options.limits, (task) => this.host.defer(task));
  }

  /** Makes the id of a new connection from its request: override or assign it. Ids must be hard to guess and unique. */
  // oxlint-disable-next-line no-explicit-any
  generateId(_request: any): string | Promise<string> {
    return randomId(this.host);
  }

  /** @internal Whether ids are ours, and the platform's request need not be shown to anybody. */
  get makesOwnIds(): boolean {
    return this.generateId === Engine.prototype.generateId;
  }

  /** Open connections by their ids. */
  get clients(): Readonly<Record<string, Session>> {
    return this.sessions.byId;
  }

  get clientsCount(): number {
    return this.sessions.size;
  }

  /** The options in force, defaults included. */
  get opts(): ResolvedEngineOptions {
    return this.options;
  }

  /** Adds a middleware that sees each HTTP request before it is served. */
  use(middleware: EngineMiddleware): this {
    assertCallable(middleware, "middleware");
    this.#gate.middlewares = [...this.#gate.middlewares, middleware];
    return this;
  }

  /** @internal Goes on with the connections there are, and takes no new ones until `open`. */
  refuseHandshakes(): void {
    this.#closed = true;
  }

  /** Ends every connection; one that is about to switch to a WebSocket, a moment later. Handshakes are refused until `open`. */
  close(): this {
    this.#closed = true;
    this.logs.engine?.("closing %d connections", this.sessions.size);
    for (const session of [...this.sessions.values()]) session.leave();
    return this;
  }

  /** @internal Takes handshakes again, with these options. */
  open(options: ResolvedEngineOptions): void {
    this.options = options;
    this.#closed = false;
  }

  /** @internal Takes up a session from its snapshot; what comes over `ws` goes to the handler that is returned. */
  restore(snapshot: SessionSnapshot, ws?: WebSocketLike): DirectWebSocket {
    const session = restoreSession(snapshot, this, ws);
    this.sessions.set(session.id, session);
    this.pressure.update(session);
    return new DirectWebSocket(() => session, session);
  }

  /** Serves one request. Never rejects. */
  async handle(request: RequestLike): Promise<Reply> {
    try {
      // Most requests need nobody's leave, and nothing is awaited for them.
      const { cors, early } = this.#gate.isOpen ? admitted : await this.#gate.admit(request);
      const headers = cors === undefined ? {} : corsHeaders(cors);
      const served = early === undefined ? this.#serve(request, cors, headers) : this.#settle(early, request);
      const finished = this.#finish(served instanceof Promise ? await served : served, headers, request);
      return finished instanceof Promise ? await finished : finished;
    } catch (error) {
      this.#handler.faulted(error, "request");
      return refusalReply(because(refusals.badRequest, { name: "INTERNAL_ERROR" }), request);
    }
  }

  /** @internal */
  sessionClosed(session: Session): void {
    this.sessions.delete(session.id);
  }

  /** @internal */
  listenerFailed(error: unknown, event: string | symbol): void {
    this.#handler.faulted(error, "engine event", event);
  }

  /** @internal */
  limitHit(name: string, session: Session): void {
    this.#handler.limitHit(name, session);
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.listenerFailed(error, event);
  }

  #serve(request: RequestLike, cors: CorsDecision | undefined, headers: ReplyHeaders): Promise<Reply> | Reply {
    const ask = readAsk(request, this.options, (sid) => this.sessions.get(sid));
    switch (ask.kind) {
      case "refused":
        return this.#settle(ask.refusal, request);
      case "not-allowed":
        return { status: 405, headers: { allow: "GET, POST" } };
      case "handshake":
        return this.#handshake(request, ask, cors, headers);
      case "poll":
        return receivePoll(this.sessions.get(ask.sid)!, request, ask.form);
      case "post":
        return receivePost(this.sessions.get(ask.sid)!, request, ask);
      case "upgrade":
        this.#offerHeaders(headers, request);
        this.#keepSendable(headers);
        return request.upgrade!(new Probe(this.sessions.get(ask.sid)!), headers);
    }
  }

  #handshake(request: RequestLike, ask: HandshakeAsk, cors: CorsDecision | undefined, headers: ReplyHeaders): Promise<Reply> | Reply {
    const decision = this.#closed ? refusals.overloaded : this.#admission.decide(request, ask.form, cors, this);
    // Else its client may have left at the gate.
    if (!(decision instanceof Promise) && this.#gate.isOpen) return this.#admit(decision, request, ask, headers);
    let gone = false;
    request.onAbort(() => (gone = true));
    return Promise.resolve(decision).then((made) => {
      // The world may have changed while the app made up its mind.
      const isLate = "id" in made && (gone || this.#closed || !this.#handler.admits());
      return this.#admit(isLate ? refusals.overloaded : made, request, ask, headers);
    });
  }

  #admit(decision: Decision, request: RequestLike, ask: HandshakeAsk, headers: ReplyHeaders): Reply {
    if (!("id" in decision)) return this.#settle(decision, request);
    if (this.sessions.has(decision.id)) return this.#settle(because(refusals.badRequest, { name: "ID_GENERATION_ERROR" }), request);
    return ask.transport === "polling" ? this.#openPolling(decision, request, ask, headers) : this.#openWebSocket(decision, request, ask, headers);
  }

  #openPolling({ id, boundTo }: Identity, request: RequestLike, { revision, form }: HandshakeAsk, headers: ReplyHeaders): Reply {
    const { cookie } = this.options;
    if (cookie !== undefined) headers["set-cookie"] = serializeCookie(id, cookie, request.secure);
    this.#offerHeaders(headers, request, "initial_headers");
    if (this.#closed) return this.#settle(refusals.overloaded, request);
    this.logs.polling?.("a handshake for polling");
    const session = new Session(id, request, this, revision);
    const first = [control(openPacket(session)), ...initialMessages(session)];
    this.#open(session, boundTo);
    const { contentType, body } = form.encode(first);
    return { status: 200, headers: { "content-type": contentType, "cache-control": "no-store" }, body };
  }

  #openWebSocket({ id, boundTo }: Identity, request: RequestLike, { revision }: HandshakeAsk, headers: ReplyHeaders): Reply {
    this.#offerHeaders(headers, request, "initial_headers");
    this.#offerHeaders(headers, request);
    this.#keepSendable(headers);
    const open = (ws: WebSocketLike): Session | undefined => {
      // Some platforms open the WebSocket a while after the handshake: others may have taken the room.
      const isFull = !this.#handler.admits();
      if (isFull) this.#handler.limitHit("maxUnauthenticated");
      if (isFull || this.#closed || this.sessions.has(id)) {
        ws.close();
        return undefined;
      }
      const session = new Session(id, request, this, revision, ws);
      session.sendControl(openPacket(session));
      for (const item of initialMessages(session)) for (const frame of item.frames) ws.send(frame, item.compress);
      this.#open(session, boundTo);
      return session;
    };
    return request.upgrade!(new DirectWebSocket(open), headers);
  }

  #open(session: Session, boundTo: string | undefined): void {
    session.boundTo = boundTo;
    this.sessions.set(session.id, session);
    this.changed?.(session);
    session.opened();
    session.handler = this.#handler.connected(session);
    this.dispatch("connection", [session]);
  }

  /** A refusal is told to the app, and becomes a reply. */
  #settle(outcome: Reply | Refusal, request: RequestLike): Reply {
    if (!("code" in outcome)) return outcome;
    const { code, message, context, limit } = outcome;
    if (limit !== undefined) this.#handler.limitHit(limit);
    // Not the context as a whole: a session id is a secret, also one that is unknown here.
    this.logs.engine?.("refused: %s (code %d) %s", message, code, context?.["name"] ?? "");
    this.dispatch("connection_error", [{ req: request.raw, code, message: standardMessage(code, message), context: context ?? {} }]);
    return refusalReply(outcome, request);
  }

  #finish(reply: Reply, headers: ReplyHeaders, request: RequestLike): Reply | Promise<Reply> {
    if (reply.native !== undefined) return reply;
    const whole = this.#withHeaders(reply, headers, request);
    // Most replies are too short, and then nothing is awaited.
    const { compressionThreshold } = this.options;
    if (reply.body === undefined || reply.body.length < compressionThreshold) return whole;
    return compressReply(whole, request, compressionThreshold);
  }

  /** The reply with what the app has to say in its head, which mostly is nothing. */
  #withHeaders(reply: Reply, headers: ReplyHeaders, request: RequestLike): Reply {
    if (isEmpty(headers) && !this.hasListeners("headers")) return reply;
    const all = mergeHeaders(headers, reply.headers);
    this.#offerHeaders(all, request);
    this.#keepSendable(all);
    return { ...reply, headers: all };
  }

  #offerHeaders(headers: ReplyHeaders, request: RequestLike, event: "initial_headers" | "headers" = "headers"): void {
    if (!this.hasListeners(event)) return;
    this.#hooks.offerHeaders(headers, (view) => this.dispatch(event, [view, request.raw]));
  }

  #keepSendable(headers: ReplyHeaders): void {
    keepSendable(headers, (error) => this.#handler.faulted(error, "headers"));
  }
}

/** In `connection_error` the message of code 4 is the protocol's; the app's own is in the context. */
function standardMessage(code: number, message: string): string {
  return code === refusals.forbidden.code ? refusals.forbidden.message : message;
}

function isEmpty(headers: ReplyHeaders): boolean {
  for (const _ in headers) return false;
  return true;
}
