import type { WebSocketLike } from "../platform.ts";
import type { Batch } from "../wire/batch.ts";
import { Backlog } from "./backlog.ts";
import { Connection } from "./connection.ts";
import { endSlowConsumer } from "./endings.ts";
import type { OutgoingQueue } from "./outgoing-queue.ts";
import type { Polling } from "./polling.ts";
import { type Outgoing, control } from "./revision.ts";
import type { SessionHandler } from "./session-contract.ts";
import type { Session } from "./session.ts";

/** Events that tell of each packet by itself. */
const packetEvents: ReadonlySet<string | symbol> = new Set(["packetCreate", "flush", "drain"]);

/** The outgoing half of a session: how packets reach the client, and what happens when it does not keep up. */
export abstract class Outlet extends Connection {
  /** @internal The layer above, which hears of everything. */ handler: SessionHandler | undefined;
  #flushing = false;

  /** The session that this is a half of. */
  protected abstract get session(): Session;

  /** @internal */
  override deliver(batch: Batch): void {
    if (this.hasListeners("packetCreate")) {
      for (const data of batch.messages) this.dispatch("packetCreate", [{ type: "message", data }]);
    }
    this.push(this.revision.message(batch));
  }

  /** @internal Its WebSocket, where topics may send to it past this session: nothing waits here, nobody hears of each packet, and there is room. */
  get topicSocket(): WebSocketLike | undefined {
    const { webSocket, revision, owner, polling } = this;
    if (webSocket?.hub === undefined || revision.protocol !== 4 || owner.options.slowConsumer !== "close" || polling !== undefined) return undefined;
    for (const event of packetEvents) if (this.hasListeners(event)) return undefined;
    return webSocket.bufferedAmount > owner.options.limits.maxBufferedBytes ? undefined : webSocket;
  }

  /** @internal Sees what has gone past, by what is left of it. */
  look(): void {
    if (this.readyState !== "open") return;
    const { bufferedBytes } = this;
    if (bufferedBytes > this.owner.options.limits.maxBufferedBytes) endSlowConsumer(this.session, "maxBufferedBytes");
    else this.#noteBuffered(bufferedBytes);
  }

  protected override onListenerAdded(event: string | symbol): void {
    if (packetEvents.has(event)) this.handler?.setApart?.();
  }

  /** @internal Sends a packet that carries no message. */
  sendControl(text: string): void {
    this.push(control(text));
  }

  /** @internal Answers a waiting GET with what is queued. */
  flushPoll(): void {
    if (this.polling?.flush() !== true) return;
    this.owner.changed?.(this.session);
    this.drained();
  }

  /** @internal The WebSocket, or the queue, has room again. */
  drained(): void {
    if (this.link.state === "websocket") this.#flushBacklog(this.link.ws);
    // Topics may have sent more than has left.
    if (this.bufferedBytes > this.session.countedBytes) this.#noteBuffered(this.bufferedBytes);
    else this.owner.pressure.update(this.session);
    this.handler?.relieved();
    this.handedOver();
  }

  /** @internal Sends what is encoded, over whatever carries the session now. */
  protected push(item: Outgoing): void {
    const { link, polling } = this;
    if (link.state === "polling" || link.state === "probing") this.#enqueue(polling!, item);
    else if (link.state !== "websocket") return;
    // A listener of what is being moved speaks: the rest comes first.
    else if (polling?.queue.isEmpty === false) polling.queue.push(item);
    else this.#sendOver(link.ws, item);
  }

  /** Sends over the WebSocket what waited for a GET. */
  protected moveQueue(): void {
    const queue = this.polling?.queue;
    for (let ws = this.webSocket; ws !== undefined; ws = this.webSocket) {
      const item = queue?.shift();
      if (item === undefined) return;
      this.#sendOver(ws, item);
    }
  }

  #sendOver(ws: WebSocketLike, item: Outgoing): void {
    const backlog = this.#backlogOf(ws, item);
    if (backlog !== undefined) return this.#holdBack(backlog, ws, item);
    const buffered = ws.bufferedAmount;
    if (!this.#overflows(buffered, item)) this.#write(ws, item, buffered);
    else this.#exceed(item);
  }

  #write(ws: WebSocketLike, item: Outgoing, buffered: number): void {
    if (ws.sendBatch !== undefined) ws.sendBatch(item);
    else for (const frame of item.frames) ws.send(frame, item.compress);
    // Sending may have shown that the client is gone.
    if (this.link.state !== "websocket") return;
    this.#noteBuffered(buffered + item.size + (this.backlog?.queue.bytes ?? 0));
    this.handedOver();
  }

  #enqueue({ queue, waiting }: Polling, item: Outgoing): void {
    this.owner.changed?.(this.session);
    if (this.#overflows(queue.bytes, item) && !this.#makeRoom(queue, 0, item)) return this.#exceed(item);
    queue.push(item);
    this.#noteBuffered(queue.bytes);
    if (waiting) this.#flushLater();
  }

  // ---- clients that do not keep up

  /** Where `item` must wait. Only messages do: a ping is to go out in time. */
  #backlogOf(ws: WebSocketLike, item: Outgoing): Backlog | undefined {
    const { slowConsumer, limits } = this.owner.options;
    if (slowConsumer !== "drop-oldest" || item.messages === undefined) return undefined;
    if (this.backlog === undefined && ws.bufferedAmount < limits.highWaterMark) return undefined;
    this.backlog ??= new Backlog(this.owner.schedule, limits.highWaterMark);
    return this.backlog.holdsBack(ws) ? this.backlog : undefined;
  }

  #holdBack({ queue }: Backlog, ws: WebSocketLike, item: Outgoing): void {
    const { bufferedAmount } = ws;
    if (this.#overflows(bufferedAmount + queue.bytes, item) && !this.#makeRoom(queue, bufferedAmount, item)) return this.#exceed(item);
    queue.push(item);
    this.#noteBuffered(bufferedAmount + queue.bytes);
    this.#flushBacklog(ws);
  }

  /** All of it: the WebSocket is about to end. */
  protected flushBacklog(): void {
    const ws = this.webSocket;
    if (ws !== undefined) this.backlog?.flush(ws, (item) => this.#write(ws, item, ws.bufferedAmount), "all");
  }

  #flushBacklog(ws: WebSocketLike): void {
    this.backlog?.flush(ws, (item) => this.#write(ws, item, ws.bufferedAmount), "what there is room for");
  }

  /** Drops what waited longest, as far as the options say so. Tells whether there is room for `item` then. */
  #makeRoom(queue: OutgoingQueue, elsewhere: number, item: Outgoing): boolean {
    const { slowConsumer, limits } = this.owner.options;
    if (slowConsumer !== "drop-oldest") return false;
    this.handler?.dropped(queue.dropOldest(limits.maxBufferedBytes - elsewhere - item.size));
    return !this.#overflows(elsewhere + queue.bytes, item);
  }

  #exceed(item: Outgoing): void {
    if (this.owner.options.slowConsumer === "close" || item.droppable !== true) endSlowConsumer(this.session, "maxBufferedBytes");
    else this.handler?.dropped(1);
  }

  #noteBuffered(bytes: number): void {
    const { highWaterMark, maxBufferedBytes } = this.owner.options.limits;
    const crossed = bytes >= highWaterMark && this.session.countedBytes < highWaterMark;
    this.owner.pressure.note(this.session, bytes);
    // Whatever follows a lone packet that is as long as that may be too much.
    if (bytes > maxBufferedBytes) this.handler?.setApart?.();
    // Noting it may have cost the session its life.
    if (crossed && this.readyState === "open") this.handler?.pressed(bytes);
  }

  /** A lone packet always goes. */
  #overflows(buffered: number, item: Outgoing): boolean {
    return buffered > 0 && buffered + item.size > this.owner.options.limits.maxBufferedBytes;
  }

  /** Everything that one turn emits goes out in one body. */
  #flushLater(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.owner.host.endOfTurn(() => {
      this.#flushing = false;
      this.flushPoll();
    });
  }
}
