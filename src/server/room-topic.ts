import type { SocketId } from "../adapter/adapter.ts";
import type { Audience, Publications } from "../engine/publications.ts";
import type { Session } from "../engine/session.ts";
import type { TopicHub } from "../platform.ts";
import type { Batch } from "../wire/batch.ts";
import type { AnySocket } from "./peer-sockets.ts";

/** To subscribe a member costs about what it costs to send it something: so many broadcasts come first while nobody comes or leaves. */
const BROADCASTS_BEFORE = 3;

/** A topic in use. */
interface OpenTopic {
  readonly hub: TopicHub;
  readonly name: string;
  readonly publications: Publications;
}

/** The topic of one room, once that is worth it. Its subscribers are the members, save those that must be sent to one by one. */
export class RoomTopic implements Audience {
  readonly members: ReadonlySet<SocketId>;
  readonly #sockets: ReadonlyMap<SocketId, AnySocket>;
  /** Members that are no subscribers. */
  readonly #others = new Set<SocketId>();
  #open: OpenTopic | undefined;
  /** Broadcasts since somebody came or left. */
  #calm = 0;

  constructor(members: ReadonlySet<SocketId>, sockets: ReadonlyMap<SocketId, AnySocket>) {
    this.members = members;
    this.#sockets = sockets;
  }

  /** Nobody is in the room. */
  get isDeserted(): boolean {
    return this.members.size === 0;
  }

  get size(): number {
    return this.members.size - this.#others.size;
  }

  forEach(visit: (session: Session) => void): void {
    if (this.#open === undefined) return;
    for (const id of this.members) {
      const session = this.#others.has(id) ? undefined : this.#sockets.get(id)?.client.conn;
      if (session !== undefined) visit(session);
    }
  }

  /** Sends to all members but `except`; `deliver` is called for those that the topic does not reach. Returns whether it did. */
  send(batch: Batch, except: SocketId | undefined, deliver: (id: SocketId) => void): boolean {
    const open = (this.#open ??= this.#openInTime());
    if (open === undefined || open.publications.isLookDue || batch.size > open.publications.most) return false;
    for (const id of this.#others) this.#admit(id, open);
    if (this.size === 0) {
      this.close();
      return false;
    }
    const sender = except === undefined || this.#others.has(except) ? undefined : this.#sockets.get(except)?.client.conn.webSocket;
    open.hub.publish(open.name, batch, sender);
    for (const id of [...this.#others]) if (id !== except) deliver(id);
    // Last: members may be found to be slow, and whoever hears of their end may do anything.
    open.publications.count(this, batch.size);
    return true;
  }

  joined(id: SocketId): void {
    this.#calm = 0;
    // Whoever is no member has come into a room of another adapter.
    if (this.#open !== undefined && this.members.has(id)) this.#admit(id, this.#open);
  }

  left(id: SocketId): void {
    this.#calm = 0;
    if (!this.members.has(id) && !this.#others.delete(id)) this.#unsubscribe(id);
  }

  /** From now on `id` is sent to by itself. */
  setApart(id: SocketId): void {
    if (this.#open === undefined || !this.members.has(id) || this.#others.has(id)) return;
    this.#others.add(id);
    this.#unsubscribe(id);
  }

  close(): void {
    for (const id of this.members) if (!this.#others.has(id)) this.#unsubscribe(id);
    this.#others.clear();
    this.#open = undefined;
  }

  #openInTime(): OpenTopic | undefined {
    if (++this.#calm <= BROADCASTS_BEFORE) return undefined;
    this.#calm = 0;
    const open = this.#firstTopic();
    if (open !== undefined) for (const id of this.members) this.#admit(id, open);
    return open;
  }

  /** A topic that reaches the first member for whom there is one. */
  #firstTopic(): OpenTopic | undefined {
    for (const id of this.members) {
      const session = this.#sessionOf(id);
      const hub = session?.topicSocket?.hub;
      if (session === undefined || hub === undefined) continue;
      return { hub, name: hub.createTopic(), publications: session.owner.publications };
    }
    return undefined;
  }

  #admit(id: SocketId, { hub, name }: OpenTopic): void {
    const ws = this.#sessionOf(id)?.topicSocket;
    if (ws?.hub !== hub) return void this.#others.add(id);
    ws.subscribe!(name);
    this.#others.delete(id);
  }

  #unsubscribe(id: SocketId): void {
    if (this.#open !== undefined) this.#sockets.get(id)?.client.conn.webSocket?.unsubscribe?.(this.#open.name);
  }

  /** The connection of a member; not where the app hears of each event that it is sent, where it is not here yet, or where another engine's carries it. */
  #sessionOf(id: SocketId): Session | undefined {
    const socket = this.#sockets.get(id);
    if (socket === undefined || socket.outgoing?.isEmpty === false) return undefined;
    const { conn } = socket.client;
    return conn.handler === socket.client ? conn : undefined;
  }
}
