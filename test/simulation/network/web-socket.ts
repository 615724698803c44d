import type { Reply, SharedFrames, WebSocketHandler, WebSocketLike } from "../../../src/platform.ts";
import { MemoryRequest } from "../../memory/request.ts";
import type { Cut, Cuttable, Line, Path } from "./line.ts";
import type { Site } from "./site.ts";

export type Frame = string | Uint8Array;

/** What a client hears of its WebSocket. */
export interface WebSocketEvents {
  open(): void;
  message(frame: Frame): void;
  /** Once. */
  close(wasOpen: boolean): void;
}

/** Milliseconds that a platform waits for the other side to agree to a close. */
const CLOSE_TIMEOUT = 30_000;

/** A WebSocket from end to end: the client's end is this, the server's end is what the core gets. */
export class SimulatedWebSocket implements Cuttable {
  readonly #line: Line;
  readonly #site: Site;
  readonly #events: WebSocketEvents;
  readonly #up: Path;
  readonly #down: Path;
  #handler: WebSocketHandler | undefined;
  #client: "connecting" | "open" | "closing" | "closed" = "connecting";
  #server: "none" | "open" | "closing" | "closed" = "none";
  #unsent = 0;
  /** Of the server's clock. */
  #lastPong = 0;
  /** Frames that have arrived and that the server's platform hands over in its next turn, all at once. */
  #received: Frame[] = [];
  /** What the core holds. */
  #end: WebSocketLike | undefined;

  constructor(line: Line, site: Site, query: string, events: WebSocketEvents) {
    this.#line = line;
    this.#site = site;
    this.#events = events;
    this.#up = line.path("up");
    this.#down = line.path("down");
    line.track(this);
    const url = `/socket.io/?${query}`;
    this.#up.send(() => this.#arrive(url));
  }

  // ---- the client's end

  get isOpen(): boolean {
    return this.#client === "open";
  }

  send(frame: Frame): void {
    if (this.#client !== "open") return;
    this.#up.send(() => this.#deliver(frame));
  }

  /** Ends it in good order. */
  close(): void {
    if (this.#client === "closed" || this.#client === "closing") return;
    if (this.#client === "connecting") return this.cut("finished");
    this.#client = "closing";
    this.#up.send(() => this.#closeServer(1005, ""));
    this.#line.world.after(CLOSE_TIMEOUT, () => this.#closeClient());
  }

  cut(kind: Cut): void {
    this.#up.break();
    this.#down.break();
    this.#line.forget(this);
    this.#line.world.after(1, () => this.#closeClient());
    if (kind === "vanished") return;
    const error = kind === "reset" ? new Error("connection reset") : undefined;
    this.#line.world.after(this.#line.latency(), () => this.#closeServer(1006, "", error));
  }

  #closeClient(): void {
    if (this.#client === "closed") return;
    const wasOpen = this.#client !== "connecting";
    this.#client = "closed";
    this.#line.forget(this);
    this.#events.close(wasOpen);
  }

  // ---- between

  #arrive(url: string): void {
    if (this.#line.stripsUpgrades) {
      this.#down.send(() => this.#closeClient());
      return;
    }
    const upgrade = (handler: WebSocketHandler): Reply => this.#accept(handler);
    const request = new MemoryRequest(url, { headers: { connection: "Upgrade", upgrade: "websocket" }, upgrade });
    this.#site.input(() => {
      this.#site.handle(request).then(
        (reply) => {
          if (reply?.native === undefined) this.#down.send(() => this.#closeClient());
        },
        (error: unknown) => this.#site.threw(error),
      );
    });
  }

  #accept(handler: WebSocketHandler): Reply {
    const open = (): void => {
      this.#handler = handler;
      this.#server = "open";
      this.#end = this.#serverEnd();
      this.#site.accepted(this.#end, this);
      handler.open(this.#end);
    };
    this.#down.send(() => {
      if (this.#client !== "connecting") return;
      this.#client = "open";
      this.#events.open();
    });
    if (this.#site.manners.opensLater) this.#site.input(open);
    else open();
    return { status: 101, headers: {}, native: this };
  }

  #deliver(frame: Frame): void {
    this.#site.saw("frameAtDoor", { ws: this, frame });
    // Where the process sleeps, the platform takes pongs by itself.
    if (this.#site.manners.sleeps && frame === "3") return this.#takePong();
    this.#received.push(frame);
    if (this.#received.length > 1) return;
    this.#site.input(() => {
      for (const each of this.#received.splice(0)) {
        if (this.#server === "open" || this.#server === "closing") this.#handler?.message(each);
      }
    });
  }

  #takePong(): void {
    this.#lastPong = this.#site.clock();
    this.#down.send(() => this.#client === "open" && this.#events.message("6"));
  }

  // ---- the server's end

  /** The server has come back from its snapshots: from now on, this handler hears of what comes. */
  adopt(handler: WebSocketHandler): void {
    this.#handler = handler;
  }

  /** What the core holds of this WebSocket. */
  get serverEnd(): WebSocketLike | undefined {
    return this.#end;
  }

  /** Bytes that the server's platform still holds. */
  get bufferedAmount(): number {
    return this.#server === "none" ? 0 : Math.max(0, this.#unsent - this.#line.quality.window);
  }

  #serverEnd(): WebSocketLike {
    // oxlint-disable-next-line no-this-alias, typescript/no-this-alias
    const socket = this;
    const sendBatch = ({ frames }: SharedFrames): void => {
      for (const frame of frames) this.#write(frame);
    };
    return {
      get bufferedAmount() {
        return socket.bufferedAmount;
      },
      send: (data) => this.#write(data),
      get lastPong() {
        return socket.#site.manners.sleeps ? socket.#lastPong : undefined;
      },
      close: () => this.#close(),
      terminate: () => this.#terminate(),
      ...(this.#site.manners.sharesFrames && { sendBatch }),
    };
  }

  #write(frame: Frame): void {
    if (this.#server !== "open") return;
    this.#site.saw("frameWritten", { ws: this, frame, buffered: this.bufferedAmount });
    this.#unsent += frame.length;
    this.#down.send(() => {
      const wasFull = this.bufferedAmount > 0;
      this.#unsent -= frame.length;
      if (wasFull && this.bufferedAmount === 0) this.#site.input(() => this.#server === "open" && this.#handler?.drain());
      if (this.#client === "open") this.#events.message(frame);
    });
  }

  #close(): void {
    if (this.#server !== "open") return;
    this.#server = "closing";
    this.#down.send(() => {
      this.#up.send(() => this.#closeServer(1005, ""));
      this.#closeClient();
    });
    this.#line.world.after(CLOSE_TIMEOUT, () => this.#closeServer(1006, ""));
  }

  #terminate(): void {
    if (this.#server === "closed") return;
    this.#server = "closing";
    this.cut("finished");
  }

  #closeServer(code: number, reason: string, error?: Error): void {
    if (this.#server === "closed" || this.#server === "none") return;
    this.#site.input(() => {
      if (this.#server === "closed") return;
      this.#server = "closed";
      this.#down.break();
      this.#handler?.close(code, reason, error);
    });
    // The platform agrees to the close of the client.
    this.#down.send(() => this.#closeClient());
  }
}
