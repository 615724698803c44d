import type { Manager, Socket } from "socket.io-client";
import type { Site } from "../network/site.ts";
import type { Frame } from "../network/web-socket.ts";
import { ACK, Assembly, BINARY_EVENT, CONNECT, EVENT, type Packet, readPacket } from "./packets.ts";
import { revision4 } from "./revision.ts";

/** What its engine tells of a packet. */
interface EnginePacket {
  readonly type: string;
  readonly data?: string | Uint8Array | ArrayBuffer;
}

/** What the client has from connections before: it tells its listeners of it once a socket of the namespace is connected. */
export interface Kept {
  /** What came for sockets that had left, over this connection or one before. */
  readonly stale: Set<string>;
  /** What came for sockets that were coming back, over a connection that ended before they were: they get it again. */
  readonly unclaimed: string[];
}

/** One connection of the released client: what it sends and receives, seen from outside. */
export class ReleasedConnection {
  readonly sid: string;
  isStranded = false;
  readonly #engine: Manager["engine"];
  readonly #site: Site;
  readonly #socketOf: (nsp: string) => Socket;
  /** Whether the client has turned away from it: it may still be closing, and nobody hears what comes. */
  #isLeft = false;
  readonly #received = new Assembly();
  readonly #posted = new Assembly();
  /** Namespaces that it has been in. */
  readonly #joined = new Set<string>();
  /** What came for sockets that are not back yet, by namespace: it waits in the client. */
  readonly #early = new Map<string, string[]>();
  readonly #kept: Kept;

  constructor(engine: Manager["engine"], site: Site, socketOf: (nsp: string) => Socket, kept: Kept) {
    this.#kept = kept;
    this.#engine = engine;
    this.#site = site;
    this.#socketOf = socketOf;
    this.sid = engine.id!;
    engine.on("packet", (packet: EnginePacket) => {
      if (packet.type === "message" && !this.#isLeft) this.#receive(frameOf(packet));
    });
    engine.on("packetCreate", (packet: EnginePacket) => {
      if (packet.type === "message") this.#send(frameOf(packet));
    });
  }

  get isOpen(): boolean {
    return !this.#isLeft && this.#engine.readyState === "open";
  }

  leave(): void {
    this.#isLeft = true;
  }

  /** Another connection takes its place. Until then, what had come before the end may still let sockets in. */
  giveWay(): void {
    for (const items of this.#early.values()) this.#kept.unclaimed.push(...items);
  }

  /** A WebSocket has ended that it had stopped polling for, before the last GET was answered: the client goes on with neither. */
  strand(): void {
    if (!this.isOpen) return;
    this.isStranded = true;
    this.#site.saw("stranded", { sid: this.sid });
  }

  /** A listener has got it. */
  heard(socket: string, item: string, isPlaced: boolean): void {
    const { stale, unclaimed } = this.#kept;
    const at = unclaimed.indexOf(item);
    if (at !== -1) unclaimed.splice(at, 1);
    else if (!stale.delete(item)) this.#saw(socket, item, isPlaced);
  }

  messagesIn(body: string): number[] {
    const messages = revision4.readPayload(body).filter((packet) => typeof packet !== "string" || packet.startsWith("4"));
    return messages.flatMap((message) => {
      const packet = this.#posted.add(typeof message === "string" ? message.slice(1) : message);
      return packet?.type === EVENT ? [itemOf(packet)] : [];
    });
  }

  #send(frame: Frame): void {
    if (typeof frame !== "string") return;
    // Without its attachments.
    const packet = readPacket(frame);
    if (packet.type !== EVENT && packet.type !== BINARY_EVENT) return;
    this.#site.saw("sent", { sid: this.sid, socket: this.#socketOf(packet.nsp).id ?? "", item: itemOf(packet) });
  }

  #receive(frame: Frame): void {
    if (typeof frame === "string") this.#site.saw("packetArrived", { sid: this.sid, text: frame, packet: readPacket(frame) });
    const packet = this.#received.add(frame);
    // The client hands packets over in promise jobs too.
    if (packet !== undefined) void Promise.resolve().then(() => this.#arrived(packet));
  }

  /** What no listener hears of has arrived all the same: answers that come too late, and what is for a socket that has left. */
  #arrived({ type, nsp, data }: Packet): void {
    const args = data as readonly unknown[];
    const { id: socket = "", connected, active } = this.#socketOf(nsp);
    if (type === ACK) this.#saw("", `a${String(args[0])}`, false);
    if (type === CONNECT) this.#enter(nsp);
    if (type !== EVENT || connected) return;
    const { item } = args[1] as { readonly item: string };
    if (!this.#joined.has(nsp)) return this.#wait(nsp, item);
    // Where it does not want to come back, nothing is kept for it.
    if (active) this.#kept.stale.add(item);
    this.#saw(socket, item, typeof args.at(-1) === "string");
  }

  #enter(nsp: string): void {
    this.#joined.add(nsp);
    this.#early.delete(nsp);
  }

  /** What is for one that comes back waits in the client until it is there, and is heard then. */
  #wait(nsp: string, item: string): void {
    const items = this.#early.get(nsp) ?? [];
    items.push(item);
    this.#early.set(nsp, items);
  }

  #saw(socket: string, item: string, isPlaced: boolean): void {
    this.#site.saw("arrived", { sid: this.sid, socket, item, isPlaced });
  }
}

function itemOf({ data }: Packet): number {
  return (data as readonly [string, { readonly item: number }])[1].item;
}

function frameOf({ data = "" }: EnginePacket): Frame {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
