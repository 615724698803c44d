import { type HttpAnswer, sendRequest } from "../network/http.ts";
import type { Line } from "../network/line.ts";
import type { Site } from "../network/site.ts";
import { type Frame, SimulatedWebSocket } from "../network/web-socket.ts";
import { type ClientRevision, revision3, revision4 } from "./revision.ts";

/** What a client of Engine.IO does of its own will. The official one does all of it well. */
export interface EngineManners {
  readonly transport: "polling" | "websocket";
  readonly upgrades: boolean;
  /** Waits for the open GET and POST before it says that it has upgraded. */
  readonly pauses: boolean;
  /** Has one GET, and one POST, open at a time. */
  readonly takesTurns: boolean;
  /** Marks each request with a `t` of its own. */
  readonly stamps: boolean;
  /** Does its half of the heartbeat. */
  readonly pongs: boolean;
  /** Speaks revision 3, with bytes over HTTP as they are or as text. @default it speaks revision 4 */
  readonly revision3?: "bytes" | "text";
}

export const goodManners: EngineManners = { transport: "polling", upgrades: true, pauses: true, takesTurns: true, stamps: true, pongs: true };

export interface Opened {
  readonly sid: string;
  readonly upgrades: readonly string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

export interface EngineEvents {
  open(opened: Opened): void;
  message(message: Frame): void;
  close(reason: string): void;
  /** The server says that it has these messages. */
  taken(tags: readonly number[]): void;
  /** These messages may have been lost: their POST failed, or may come too late. */
  uncertain(tags: readonly number[]): void;
}

interface Outgoing {
  readonly packet: Frame;
  /** What the message is called, where somebody wants to know whether it arrived. */
  readonly tag: number | undefined;
}

/** One connection of a client: polling, the way over, and the WebSocket. */
export class EngineClient {
  opened: Opened | undefined;
  readonly #line: Line;
  readonly #site: Site;
  readonly #manners: EngineManners;
  readonly #revision: ClientRevision;
  readonly #events: EngineEvents;
  #state: "opening" | "open" | "closed" = "opening";
  #carrier: "polling" | "websocket";
  #ws: SimulatedWebSocket | undefined;
  /** How far the way over has come. */
  #upgrade: "none" | "probing" | "pausing" | "done" | "failed" = "none";
  readonly #queue: Outgoing[] = [];
  #polls = 0;
  #posts = 0;
  /** What the open POST carries. */
  #underWay: readonly number[] = [];
  #stamp = 0;
  #heartbeat = 0;
  #limit = Infinity;

  constructor(line: Line, site: Site, manners: EngineManners, events: EngineEvents) {
    this.#line = line;
    this.#site = site;
    this.#manners = manners;
    this.#revision = manners.revision3 === undefined ? revision4 : revision3(manners.revision3);
    this.#events = events;
    this.#carrier = manners.transport;
    if (manners.transport === "websocket") this.#openWebSocket();
    else this.#ask("GET", undefined, (answer) => this.#receiveHandshake(answer));
    line.world.after(20_000, () => this.#state === "opening" && this.#end("timeout"));
  }

  get isOpen(): boolean {
    return this.#state === "open";
  }

  get carrier(): "polling" | "websocket" {
    return this.#carrier;
  }

  /** The session's id; `""` before there is one. */
  get session(): string {
    return this.opened?.sid ?? "";
  }

  send(message: Frame, tag?: number): void {
    const packet = typeof message === "string" ? `4${message}` : this.#revision.pack(message);
    this.sendPacket(packet, tag);
  }

  /** Sends a packet as it is, also one that is none. */
  sendPacket(packet: Frame, tag?: number): void {
    if (this.#state !== "open") return;
    this.#queue.push({ packet, tag });
    this.#flush();
  }

  /** Any request in the session's name. */
  ask(method: string, body: string | undefined, query: Record<string, string> = {}, headers?: Record<string, string>): void {
    const all: Record<string, string> = { ...Object.fromEntries(new URLSearchParams(this.#revision.query)), transport: "polling", sid: this.session, ...query };
    sendRequest(this.#line, this.#site, { method, query: new URLSearchParams(all).toString(), sid: all["sid"], ...(body !== undefined && { body }), ...(headers && { headers }) }, () => {});
  }

  /** A WebSocket in the session's name, which says `frames`. */
  intrude(frames: readonly Frame[]): void {
    const ws: SimulatedWebSocket = new SimulatedWebSocket(this.#line, this.#site, this.#query("websocket"), {
      open: () => frames.forEach((frame) => ws.send(frame)),
      message: () => {},
      close: () => {},
    });
  }

  close(): void {
    if (this.#state === "closed") return;
    if (this.#state === "open" && this.#carrier === "polling") this.#ask("POST", this.#revision.writePayload(["1"]), () => {});
    this.#end("client");
  }

  // ---- out

  #flush(): void {
    if (this.#state !== "open" || this.#queue.length === 0) return;
    if (this.#carrier === "websocket") {
      for (const { packet } of this.#queue.splice(0)) this.#ws!.send(packet);
      return;
    }
    if (this.#upgrade === "pausing" || (this.#posts > 0 && this.#manners.takesTurns)) return;
    const items = this.#takeBody();
    const tags = items.flatMap(({ tag }) => (tag === undefined ? [] : [tag]));
    this.#posts += 1;
    this.#underWay = tags;
    this.#ask("POST", this.#revision.writePayload(items.map(({ packet }) => packet)), (answer) => this.#posted(answer, tags));
  }

  #takeBody(): Outgoing[] {
    let size = 0;
    let count = 0;
    for (const { packet } of this.#queue) {
      size += revision4.writePayload([packet]).length + 1;
      if (count > 0 && size > this.#limit) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  #posted(answer: HttpAnswer | undefined, tags: readonly number[]): void {
    this.#posts -= 1;
    this.#underWay = [];
    if (answer?.status === 200) this.#events.taken(tags);
    else this.#events.uncertain(tags);
    if (this.#state !== "open") return;
    if (answer?.status !== 200) return this.#end("transport error");
    this.#finishPause();
    this.#flush();
  }

  // ---- polling

  #ask(method: string, body: Frame | undefined, done: (answer: HttpAnswer | undefined) => void): void {
    this.#stamp += 1;
    const query = this.#query("polling", this.#manners.stamps ? `&t=t${this.#stamp}` : "");
    const ask = { method, query, sid: this.opened?.sid, ...(body !== undefined && { body }) };
    sendRequest(this.#line, this.#site, typeof body === "object" ? { ...ask, headers: { "content-type": "application/octet-stream" } } : ask, done);
  }

  #query(transport: "polling" | "websocket", more = ""): string {
    const sid = this.opened === undefined ? "" : `&sid=${this.opened.sid}`;
    return `${this.#revision.query}&transport=${transport}${more}${sid}`;
  }

  #receiveHandshake(answer: HttpAnswer | undefined): void {
    if (this.#state !== "opening") return;
    if (answer?.status !== 200) return this.#end("refused");
    this.#receivePayload(answer.body);
    this.#poll();
    if (this.#manners.upgrades && this.opened?.upgrades.includes("websocket") === true) this.#probe();
  }

  #poll(): void {
    if (this.#state !== "open" || this.#carrier !== "polling" || this.#upgrade === "pausing") return;
    if (this.#polls > 0 && this.#manners.takesTurns) return;
    this.#polls += 1;
    this.#ask("GET", undefined, (answer) => this.#polled(answer));
  }

  #polled(answer: HttpAnswer | undefined): void {
    this.#polls -= 1;
    if (this.#state === "closed") return;
    if (answer?.status !== 200) {
      // An answer that got lost may have carried something; one that came too late cannot.
      if (this.#carrier === "polling" || answer === undefined) this.#end("transport error");
      return;
    }
    this.#receivePayload(answer.body);
    this.#finishPause();
    this.#poll();
  }

  #receivePayload(body: Frame): void {
    for (const packet of this.#revision.readPayload(body)) this.#receive(packet);
  }

  // ---- WebSocket

  #openWebSocket(): void {
    this.#ws = new SimulatedWebSocket(this.#line, this.#site, this.#query("websocket"), {
      open: () => {},
      message: (frame) => this.#receive(frame),
      close: () => this.#end("transport close"),
    });
  }

  #probe(): void {
    this.#upgrade = "probing";
    const ws: SimulatedWebSocket = new SimulatedWebSocket(this.#line, this.#site, this.#query("websocket"), {
      open: () => ws.send("2probe"),
      message: (frame) => this.#receiveProbe(frame),
      close: () => this.#webSocketClosed(),
    });
    this.#ws = ws;
  }

  #receiveProbe(frame: Frame): void {
    if (this.#upgrade === "done") return this.#receive(frame);
    if (this.#upgrade !== "probing" || frame !== "3probe" || this.#state !== "open") return;
    this.#upgrade = "pausing";
    this.#finishPause();
  }

  /** Once nothing is under way over HTTP, the WebSocket takes over. */
  #finishPause(): void {
    if (this.#upgrade !== "pausing" || this.#state !== "open") return;
    if (this.#manners.pauses && (this.#polls > 0 || this.#posts > 0)) return;
    this.#upgrade = "done";
    this.#carrier = "websocket";
    if (this.#posts > 0) this.#events.uncertain(this.#underWay);
    this.#ws!.send("5");
    this.#flush();
  }

  #webSocketClosed(): void {
    if (this.#upgrade === "done") return this.#end("transport close");
    this.#upgrade = "failed";
    this.#poll();
    this.#flush();
  }

  // ---- in

  #receive(frame: Frame): void {
    if (this.#state === "closed") return;
    if (this.#revision.pings === "client" && this.opened !== undefined) this.#expectBeat();
    if (typeof frame !== "string") return this.#events.message(this.#revision.unpack(frame));
    switch (frame[0]) {
      case "0":
        return this.#open(JSON.parse(frame.slice(1)) as Opened);
      case "1":
        return this.#end("transport close");
      case "2":
        if (this.#revision.pings === "client") return;
        this.#expectBeat();
        if (this.#manners.pongs) this.sendPacket("3");
        return;
      case "3":
        return this.#pingLater();
      case "4":
        return this.#events.message(frame.slice(1));
      default: // a noop
    }
  }

  #open(opened: Opened): void {
    this.opened = opened;
    this.#state = "open";
    if (this.#manners.revision3 === undefined) this.#limit = opened.maxPayload;
    this.#expectBeat();
    this.#pingLater();
    this.#events.open(opened);
  }

  #pingLater(): void {
    const { pingInterval, pingTimeout } = this.opened!;
    if (this.#revision.pings === "server" || !this.#manners.pongs) return;
    this.#line.world.after(pingInterval, () => {
      if (this.#state === "closed") return;
      this.sendPacket("2");
      this.#expectBeat(pingTimeout);
    });
  }

  #expectBeat(within: number = this.opened!.pingInterval + this.opened!.pingTimeout): void {
    const beat = ++this.#heartbeat;
    this.#line.world.after(within, () => beat === this.#heartbeat && this.#end("ping timeout"));
  }

  #end(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#ws?.close();
    this.#events.close(reason);
  }
}
