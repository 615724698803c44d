/** A client that shows every frame: it speaks the wire by hand and knows nothing of Socket.IO's packets. */
import { once } from "node:events";
import type { Socket } from "socket.io";
import { WebSocket } from "ws";
import type { Print } from "./stage.ts";

type Frame = string | Buffer;

/** What `read()` gives once the server has closed the connection. */
export const CLOSED = "(closed)";

/** One WebSocket. Frames wait in a queue until they are read. */
export class WireClient {
  readonly name: string;
  /** The engine's session id. */
  sid = "";
  readonly #ws: WebSocket;
  readonly #print: Print;
  readonly #frames: Frame[] = [];
  #wanted: ((frame: Frame) => void) | undefined;

  constructor(name: string, url: string, print: Print, headers: Record<string, string> = {}) {
    this.name = name;
    this.#print = print;
    this.#ws = new WebSocket(url, { headers });
    this.#ws.on("message", (data: Buffer, isBinary) => this.#receive(isBinary ? data : data.toString()));
    this.#ws.on("close", () => this.#receive(CLOSED));
    this.#ws.on("error", () => {});
  }

  /** Settles when the WebSocket is open. */
  async opened(): Promise<void> {
    await once(this.#ws, "open");
  }

  /** Sends one frame and prints it. */
  send(frame: Frame): void {
    this.#print(`${this.name} > ${text(frame)}`);
    this.#ws.send(frame);
  }

  /** Sends one frame silently. */
  write(frame: Frame): void {
    this.#ws.send(frame);
  }

  /** The next frame, silently. */
  read(): Promise<Frame> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => (this.#wanted = resolve));
  }

  /** Prints the next `count` frames. */
  async show(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) this.#print(`${this.name} < ${text(await this.read())}`);
  }

  /** Prints the next frame, an event that asks for an acknowledgement, and answers with the JSON array `args`. */
  async answer(args: string): Promise<void> {
    const frame = text(await this.read());
    this.#print(`${this.name} < ${frame}`);
    const [, namespace = "", id] = /^4[25](?:\d+-)?(\/[^,]*,)?(\d+)\[/.exec(frame) ?? [];
    this.send(`43${namespace}${id}${args}`);
  }

  /** Prints all frames that come before `last`, which itself stays silent. */
  async showUntil(last: Frame): Promise<void> {
    for (;;) {
      const frame = await this.read();
      if (frame === last) return;
      this.#print(`${this.name} < ${text(frame)}`);
      if (frame === CLOSED) return;
    }
  }

  /** Says nothing to the server: the TCP connection just ends. */
  drop(): void {
    this.#ws.terminate();
  }

  #receive(frame: Frame): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) wanted(frame);
    else this.#frames.push(frame);
  }
}

/** A client that has joined a namespace, with the server's side of it. */
export interface Guest extends WireClient {
  socket: Socket;
}

function text(frame: Frame): string {
  return typeof frame === "string" ? frame : `Buffer<${frame.toString("hex")}>`;
}
