import { Emitter } from "../events/emitter.ts";
import type { RequestLike, WebSocketLike } from "../platform.ts";
import { Batch } from "../wire/batch.ts";
import type { Message } from "../wire/codec.ts";
import type { Backlog } from "./backlog.ts";
import type { Link } from "./link.ts";
import type { TransportName } from "./options.ts";
import type { Polling } from "./polling.ts";
import type { Revision } from "./revision.ts";
import type { SessionEvents, SessionOwner } from "./session-contract.ts";
import type { RequestSnapshot } from "./snapshot.ts";

/** What one message may be. */
type Sendable = string | ArrayBuffer | ArrayBufferView;

/** How to send it. */
interface SendOptions {
  /** Whether it may be compressed. @default true */
  compress?: boolean;
}

type SendCallback = (transport: TransportView) => unknown;

/** How a connection reaches its client, at the moment it is looked at. */
interface TransportView {
  readonly name: TransportName;
  readonly writable: boolean;
}

/** Milliseconds after which it is looked whether what was sent has gone. */
const LOOK_INTERVAL = 100;

/** What tools and users see of a session: `socket.conn`. */
export abstract class Connection extends Emitter<SessionEvents> {
  /** The session id; a secret between the server and this client. */
  readonly id: string;
  /** @internal */ readonly owner: SessionOwner;
  /** @internal */ readonly revision: Revision;
  /** @internal */ readonly handshake: RequestLike;
  /** @internal What snapshots say of the handshake, from the first one on. */ keptRequest: RequestSnapshot | undefined;
  /** @internal Who opened it, by the option `bindSession`. */ boundTo: string | undefined;
  /** @internal Whether it began with polling. */ readonly startedPolling: boolean;
  /** @internal */ transportName: TransportName;
  /** @internal How it reaches its client now; assigned by `become` only. */ link: Link;
  /** @internal What is held back from a WebSocket; only with the option `slowConsumer: "drop-oldest"`. */ backlog: Backlog | undefined;
  /** @internal Absent once a WebSocket has taken over. */ polling: Polling | undefined;
  /** Callbacks of messages that the transport has not taken yet. */
  #unsent: SendCallback[] | undefined;
  /** Whether a look at the WebSocket is due: one at a time. */
  #isLooking = false;
  /** Whether listeners are being told that something was taken, and whether they are to be told again. */
  #telling: "no" | "now" | "again" = "no";

  constructor(
    id: string,
    request: RequestLike,
    owner: SessionOwner,
    revision: Revision,
    link: Link,
    polling: Polling | undefined,
    startedPolling: boolean,
  ) {
    super();
    this.id = id;
    this.handshake = request;
    this.owner = owner;
    this.revision = revision;
    this.link = link;
    this.polling = polling;
    this.startedPolling = startedPolling;
    this.transportName = polling === undefined ? "websocket" : "polling";
  }

  /** Revision of the Engine.IO protocol. */
  get protocol(): 3 | 4 {
    return this.revision.protocol;
  }

  /** The platform's own request of the handshake. */
  // The runtime has its own type.
  // oxlint-disable-next-line no-explicit-any
  get request(): any {
    return this.handshake.raw;
  }

  get remoteAddress(): string {
    return this.handshake.remoteAddress;
  }

  get transport(): TransportView {
    return { name: this.transportName, writable: this.writable };
  }

  get upgraded(): boolean {
    return this.startedPolling && this.transportName === "websocket";
  }

  get upgrading(): boolean {
    return this.link.state === "probing";
  }

  get readyState(): "open" | "closing" | "closed" {
    const { state } = this.link;
    if (state === "probing" && this.link.leaving !== undefined) return "closing";
    return state === "closing" || state === "closed" ? state : "open";
  }

  /**
   * Sends one message: bytes as they are, anything else as text.
   *
   * `callback` runs once the transport has taken it: when a GET has fetched it, or the WebSocket holds less than `limits.highWaterMark`.
   * It does not run when the connection ends before.
   */
  send(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    if (typeof options === "function") return this.send(data, undefined, options);
    if (this.readyState !== "open") return this;
    this.deliver(new Batch([toMessage(data)], options?.compress ?? true));
    if (callback !== undefined) this.#callOnceSent(callback);
    return this;
  }

  /** Does what `send` does. */
  write(data: Sendable, options?: SendOptions | SendCallback, callback?: SendCallback): this {
    return this.send(data, options, callback);
  }

  /** Ends the connection; `discard` also drops what a polling client has not fetched yet. */
  abstract close(discard?: boolean): this;

  /** @internal Whether a packet that may be dropped would go out now. */
  get writable(): boolean {
    const { link, polling } = this;
    if (link.state === "websocket") return link.ws.bufferedAmount < this.owner.options.limits.highWaterMark;
    return link.state === "polling" && polling!.waiting && polling!.queue.isEmpty;
  }

  /** @internal The WebSocket that carries it now. */
  get webSocket(): WebSocketLike | undefined {
    return this.link.state === "websocket" ? this.link.ws : undefined;
  }

  /** @internal Bytes handed over and not yet sent. */
  get bufferedBytes(): number {
    const { link, polling, backlog } = this;
    if (link.state !== "websocket") return polling?.queue.bytes ?? 0;
    return link.ws.bufferedAmount + (backlog?.queue.bytes ?? 0);
  }

  /** @internal Sends a message that is encoded already. */
  abstract deliver(batch: Batch): void;

  /** The transport took what was sent. */
  protected handedOver(): void {
    if (this.hasListeners("flush") || this.hasListeners("drain")) this.#tell();
    this.#callUnsent();
  }

  #callUnsent(): void {
    const callbacks = this.#unsent;
    if (callbacks === undefined || this.readyState === "closed") return;
    if (this.#holdsBack) return this.#lookLater();
    this.#unsent = undefined;
    for (const callback of callbacks) this.#callSoon(callback);
  }

  /** A listener that sends hears of that in a turn of its own: one that always sends must not keep the others from theirs. */
  #tell(): void {
    if (this.#telling === "no") {
      this.#telling = "now";
      this.dispatch("flush", []);
      this.dispatch("drain", []);
      if (this.#telling === "now") this.#telling = "no";
    } else if (this.#telling === "now") {
      this.#telling = "again";
      this.owner.host.defer(() => {
        this.#telling = "no";
        if (this.readyState !== "closed") this.#tell();
      });
    }
  }

  #callOnceSent(callback: SendCallback): void {
    (this.#unsent ??= []).push(callback);
    this.#callUnsent();
  }

  /** Platforms have marks of their own, and tell of those alone. */
  #lookLater(): void {
    if (this.#isLooking || this.link.state !== "websocket") return;
    this.#isLooking = true;
    this.owner.schedule.after(LOOK_INTERVAL, () => {
      this.#isLooking = false;
      if (this.link.state === "websocket") this.#callUnsent();
    });
  }

  /** Whether something that was sent is still here. */
  get #holdsBack(): boolean {
    const { link, polling } = this;
    return link.state === "websocket" ? !this.writable : polling?.queue.isEmpty === false;
  }

  #callSoon(callback: SendCallback): void {
    const { transport } = this;
    this.owner.host.endOfTurn(() => this.#call(callback, transport));
  }

  #call(callback: SendCallback, transport: TransportView): void {
    const fail = (error: unknown): void => this.owner.listenerFailed(error, "send");
    try {
      Promise.resolve(callback(transport)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  protected override onListenerError(error: unknown, event: string | symbol): void {
    this.owner.listenerFailed(error, event);
  }
}

function toMessage(data: Sendable): Message {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : String(data);
}
