/** A session of Engine.IO seen as packets, over whichever transport the stage has. */
import assert from "node:assert/strict";
import type { Way } from "./feature.ts";
import type { Frame, Wire } from "./host.ts";
import { within } from "./patience.ts";

const SEPARATOR = "\x1e";

export interface OpenPacket {
  readonly sid: string;
  readonly upgrades: string[];
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
}

/** The part of a stage that sends requests. */
interface Sender {
  readonly way: Way;
  fetch(query: string, init?: RequestInit): Promise<Response>;
  dial(query: string): Promise<Wire>;
}

export class RawSession {
  readonly open: OpenPacket;
  /** Present over WebSocket. */
  readonly wire: Wire | undefined;
  readonly #stage: Sender;
  #unread: Frame[] = [];

  private constructor(stage: Sender, open: OpenPacket, wire?: Wire) {
    this.#stage = stage;
    this.open = open;
    this.wire = wire;
  }

  static async open(stage: Sender): Promise<RawSession> {
    if (stage.way === "websocket") {
      const wire = await stage.dial("?EIO=4&transport=websocket");
      return new RawSession(stage, readOpen(await wire.frames.next()), wire);
    }
    const response = await stage.fetch("?EIO=4&transport=polling");
    return new RawSession(stage, readOpen((await response.text()).split(SEPARATOR)[0]));
  }

  /** Joins the main namespace; gives back the socket's id. */
  async connect(): Promise<string> {
    await this.send("40");
    let answer = await this.next();
    // On a busy machine a ping may come first.
    for (; answer === "2"; answer = await this.next()) await this.send("3");
    assert.ok(typeof answer === "string" && answer.startsWith("40{"), `expected CONNECT, got ${String(answer)}`);
    return (JSON.parse(answer.slice(2)) as { sid: string }).sid;
  }

  async send(packet: string): Promise<void> {
    if (this.wire) return this.wire.send(packet);
    assert.equal(await (await this.post(packet)).text(), "ok");
  }

  /** Over polling, asks as often as it takes. */
  async next(): Promise<Frame> {
    if (this.wire) return within("a frame", this.wire.frames.next());
    if (this.#unread.length === 0) this.#unread = (await (await this.poll()).text()).split(SEPARATOR);
    return this.#unread.shift()!;
  }

  poll(): Promise<Response> {
    return this.#stage.fetch(this.query());
  }

  post(body: string, headers: Record<string, string> = {}): Promise<Response> {
    return this.#stage.fetch(this.query(), { method: "POST", body, headers });
  }

  /** Of requests in this session's name. */
  query(transport = "polling"): string {
    return `?EIO=4&transport=${transport}&sid=${this.open.sid}`;
  }
}

function readOpen(packet: Frame | undefined): OpenPacket {
  assert.ok(typeof packet === "string" && packet.startsWith("0"), `expected an open packet, got ${String(packet)}`);
  return JSON.parse(packet.slice(1)) as OpenPacket;
}
