import { type Exchange, type PollingClient, type Service, connectPolling, connectWebSocket } from "../memory/client.ts";
import type { MemoryWebSocket } from "../memory/web-socket.ts";

export type Way = "polling" | "websocket";

/** A connection that the client reads when it likes to: what has not been read is on its way. Packets are Socket.IO's. */
export class Line {
  readonly #io: Service;
  readonly #polling: PollingClient | undefined;
  #poll: Exchange | undefined;
  #ws: MemoryWebSocket | undefined;
  #upgrade: "none" | "half" | "whole" = "none";

  private constructor(io: Service, polling: PollingClient | undefined, ws: MemoryWebSocket | undefined) {
    this.#io = io;
    this.#polling = polling;
    this.#ws = ws;
  }

  static async open(io: Service, way: Way): Promise<Line> {
    return way === "polling" ? new Line(io, await connectPolling(io), undefined) : new Line(io, undefined, await connectWebSocket(io));
  }

  get webSocket(): MemoryWebSocket | undefined {
    return this.#ws;
  }

  /** Asks to join `/`. */
  async join(auth: { readonly pid: string | undefined; readonly offset: string | undefined }): Promise<void> {
    const packet = `40${JSON.stringify(auth)}`;
    if (this.#ws !== undefined) return this.#ws.send(packet);
    await this.#polling!.send(packet);
  }

  /** Everything that has arrived since the last time. */
  async read(): Promise<string[]> {
    const frames: string[] = [];
    if (this.#polling !== undefined && this.#upgrade !== "whole") {
      do {
        this.#poll ??= this.#polling.poll();
        await this.#io.host.settle();
      } while (this.#takePoll(frames));
    } else {
      this.#takePoll(frames);
    }
    frames.push(...((this.#ws?.take() ?? []) as string[]));
    return frames.filter((frame) => frame.startsWith("4")).map((frame) => frame.slice(1));
  }

  /** Goes over to a WebSocket, or stops on the way there. */
  async upgrade(how: "half" | "whole"): Promise<void> {
    if (this.#polling === undefined || this.#upgrade !== "none") return;
    this.#upgrade = how;
    if (how === "half") this.#ws = await this.#polling.probe();
    else this.#ws = await this.#polling.upgrade();
    if (how === "half") this.#ws.send("2probe");
  }

  /** It breaks, and the server sees that. */
  async drop(): Promise<void> {
    if (this.#polling === undefined || this.#upgrade === "whole") {
      this.#ws!.close(1006);
    } else {
      this.#poll ??= this.#polling.poll();
      await this.#io.host.settle();
      // Where the poll was answered, the client is just gone.
      this.#poll.request.abort();
    }
    await this.#io.host.settle();
  }

  /** Whether there was something. */
  #takePoll(frames: string[]): boolean {
    if (this.#poll?.isAnswered !== true || this.#poll.status !== 200) return false;
    frames.push(...this.#poll.body.split("\x1e"));
    this.#poll = undefined;
    return true;
  }
}
