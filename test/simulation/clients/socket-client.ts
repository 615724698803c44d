import type { Line } from "../network/line.ts";
import type { Site } from "../network/site.ts";
import type { Frame } from "../network/web-socket.ts";
import { type Auth, type Client, type Message, blobsOf, greeting, ordinary } from "./client.ts";
import { EngineClient, type EngineManners } from "./engine-client.ts";
import {
  ACK,
  Assembly,
  CONNECT,
  CONNECT_ERROR,
  DISCONNECT,
  EVENT,
  type Packet,
  packetOf,
  readPacket,
  writePacket,
} from "./packets.ts";

/** A namespace as the client sees it. */
interface ClientSocket {
  state: "absent" | "connecting" | "connected" | "refused" | "dismissed";
  /** Given by the server. */
  id: string;
}

/** What a client shows to get its socket back. */
interface Memory {
  readonly pid: string;
  readonly id: string;
  offset: string | undefined;
}

/** A client of Socket.IO, as the official one behaves. */
export class SocketClient implements Client {
  readonly number: number;
  readonly line: Line;
  readonly wants = new Set<string>();
  auth: Auth = ordinary;
  readonly isStranded = false;
  isHostile = false;
  greetings = 0;
  answers: Client["answers"] = "now";
  engine: EngineClient | undefined;
  readonly #site: Site;
  readonly #manners: EngineManners;
  readonly #nextItem: () => number;
  readonly #sockets = new Map<string, ClientSocket>();
  /** By namespace. */
  readonly #memories = new Map<string, Memory>();
  #assembly = new Assembly();
  #wanted = false;
  #ackIds = 0;
  readonly #pending = new Map<string, number>();
  #connection = 0;

  constructor(number: number, line: Line, site: Site, manners: EngineManners, nextItem: () => number) {
    this.number = number;
    this.line = line;
    this.#site = site;
    this.#manners = manners;
    this.#nextItem = nextItem;
  }

  get isGood(): boolean {
    return !this.isHostile && this.#manners.takesTurns && this.#manners.pongs && this.#manners.stamps;
  }

  get isOld(): boolean {
    return this.#manners.revision3 !== undefined;
  }

  get isOpen(): boolean {
    return this.engine?.isOpen === true;
  }

  get isContent(): boolean {
    return this.isOpen && [...this.wants].every((nsp) => this.#sockets.get(nsp)?.state === "connected");
  }

  get status(): string {
    const places = [...this.#sockets].map(([nsp, { state }]) => `${nsp} ${state}`).join(", ");
    return `${this.isOpen ? "open" : "not open"}; wants ${[...this.wants].join(" ")}; ${places}`;
  }

  get isAway(): boolean {
    return !this.#wanted;
  }

  get sid(): string {
    return this.engine?.session ?? "";
  }

  connect(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#open();
  }

  leave(): void {
    this.#wanted = false;
    this.engine?.close();
  }

  join(nsp: string): void {
    this.wants.add(nsp);
    if (this.isOpen) this.#join(nsp);
  }

  leaveNamespace(nsp: string): void {
    if (this.isOld && nsp === "/") return;
    this.wants.delete(nsp);
    const socket = this.#sockets.get(nsp);
    if (socket?.state !== "connected") return;
    socket.state = "absent";
    this.#send({ type: DISCONNECT, nsp, id: undefined, attachments: 0, data: undefined });
  }

  insist(): void {
    for (const nsp of this.wants) if (this.isOpen) this.#join(nsp);
  }

  /** Sends a message, if it is connected. */
  emit({ nsp, act, pad, blobs, ack }: Message): void {
    const socket = this.#sockets.get(nsp);
    if (socket?.state !== "connected" || !this.isOpen) return;
    const item = this.#nextItem();
    const id = ack ? this.#ackIds++ : undefined;
    if (id !== undefined) this.#pending.set(`${nsp}#${id}`, item);
    this.#site.saw("sent", { sid: this.sid, socket: socket.id, item });
    const content = { item, act, pad: "x".repeat(pad) };
    this.#send(packetOf(EVENT, nsp, ["m", content], id, blobsOf(blobs)), blobs, item);
  }

  #open(): void {
    this.#connection += 1;
    this.#sockets.clear();
    this.#pending.clear();
    this.#assembly = new Assembly();
    const connection = this.#connection;
    this.engine = new EngineClient(this.line, this.#site, this.#manners, {
      open: ({ sid }) => {
        this.#site.saw("clientOpened", { client: this.number, sid, good: this.isGood, waits: this.#manners.pauses });
        for (const nsp of this.wants) this.#join(nsp);
      },
      message: (message) => connection === this.#connection && this.#receive(message),
      close: (reason) => this.#closed(reason),
      taken: (items) => this.#site.saw("sendingTaken", { sid: this.sid, items }),
      uncertain: (items) => this.#site.saw("sendingFailed", { sid: this.sid, items }),
    });
  }

  #closed(reason: string): void {
    this.#site.saw("clientClosed", { client: this.number, sid: this.sid, reason });
    if (!this.#wanted) return;
    const connection = this.#connection;
    this.line.world.after(this.line.random.between(50, 400), () => {
      if (this.#wanted && connection === this.#connection) this.#open();
    });
  }

  #join(nsp: string): void {
    const socket = this.#sockets.get(nsp);
    if (socket?.state === "connecting" || socket?.state === "connected") return;
    // Its id would be that of the socket before.
    if (this.isOld && socket !== undefined) return this.engine!.close();
    this.#sockets.set(nsp, { state: "connecting", id: "" });
    if (this.isOld && nsp === "/") return;
    const { name, data } = this.isOld
      ? { name: `${nsp}?${new URLSearchParams({ ...this.auth }).toString()}`, data: undefined }
      : { name: nsp, data: { ...this.auth, ...this.#shown(nsp) } };
    this.#send({ type: CONNECT, nsp: name, id: undefined, attachments: 0, data });
  }

  #send(packet: Packet, blobs = 0, item?: number): void {
    // Its last message tells whether it arrived.
    this.engine?.send(writePacket(packet), blobs === 0 ? item : undefined);
    for (const [at, blob] of blobsOf(blobs).entries()) this.engine?.send(blob, at === blobs - 1 ? item : undefined);
  }

  // ---- in

  #receive(message: Frame): void {
    if (this.#assembly.isOpen === (typeof message === "string")) return this.#isMixedUp(message);
    if (typeof message === "string") this.#site.saw("packetArrived", { sid: this.sid, text: message, packet: readPacket(message) });
    const packet = this.#assembly.add(message);
    if (packet !== undefined) this.#receivePacket(packet);
  }

  /** One that switches while a GET is under way may get half a packet from each side. */
  #isMixedUp(message: Frame): void {
    if (!this.#manners.pauses) return this.engine?.close();
    this.#site.threw(new Error(typeof message === "string" ? "a text where bytes are due" : "bytes that nobody announced"));
  }

  #receivePacket({ type, nsp, id, data }: Packet): void {
    switch (type) {
      case CONNECT:
        this.#joined(nsp, this.isOld ? { sid: nsp === "/" ? this.sid : `${nsp}#${this.sid}` } : (data as { readonly sid: string; readonly pid?: string }));
        // It may have changed its mind.
        if (!this.wants.has(nsp)) return this.leaveNamespace(nsp);
        for (let sent = 0; sent < this.greetings; sent++) this.emit({ ...greeting, nsp, ack: sent === 0 });
        return;
      case CONNECT_ERROR:
        this.#sockets.set(nsp, { state: "refused", id: "" });
        return;
      case DISCONNECT:
        this.#sockets.set(nsp, { state: "dismissed", id: "" });
        return;
      case EVENT:
        return this.#receiveEvent(nsp, id, data as [string, { readonly item: string }, ...unknown[]]);
      case ACK: {
        const [answer] = data as unknown[];
        const expected = this.#pending.get(`${nsp}#${id}`);
        this.#pending.delete(`${nsp}#${id}`);
        this.#site.saw("answerArrived", { sid: this.sid, expected, answer });
        this.#site.saw("arrived", { sid: this.sid, socket: "", item: `a${String(answer)}`, isPlaced: false });
      }
    }
  }

  #shown(nsp: string): { readonly pid?: string; readonly offset?: string } {
    const { pid, offset } = this.#memories.get(nsp) ?? {};
    return { ...(pid !== undefined && { pid }), ...(offset !== undefined && { offset }) };
  }

  #joined(nsp: string, { sid, pid }: { readonly sid: string; readonly pid?: string }): void {
    this.#sockets.set(nsp, { state: "connected", id: sid });
    if (pid !== undefined && this.#memories.get(nsp)?.pid !== pid) this.#memories.set(nsp, { pid, id: sid, offset: undefined });
  }

  #receiveEvent(nsp: string, id: number | undefined, args: [string, { readonly item: string }, ...unknown[]]): void {
    const { item } = args[1];
    const [last, memory] = [args.at(-1), this.#memories.get(nsp)];
    const isPlaced = typeof last === "string";
    if (isPlaced && memory !== undefined) memory.offset = last;
    const socket = this.#sockets.get(nsp);
    this.#site.saw("arrived", { sid: this.sid, socket: socket?.state === "connected" ? socket.id : (memory?.id ?? ""), item, isPlaced });
    if (id === undefined || this.answers === "never") return;
    const answer = (): void => this.#send(packetOf(ACK, nsp, [item], id, []));
    const { engine } = this;
    if (this.answers === "later") this.line.world.after(this.line.random.between(1, 800), () => engine === this.engine && answer());
    else answer();
    if (this.answers === "twice") answer();
  }
}
