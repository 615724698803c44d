import { encodeBase64 } from "./base64.ts";
import { BatchV3 } from "./batch-v3.ts";
import type { Message } from "./codec.ts";

/** What a message costs beside its content, in bytes: an estimate that keeps floods of empty messages bounded. */
const OVERHEAD = 64;

/**
 * One Socket.IO packet, or one Engine.IO message, on its way to any number of clients.
 *
 * Each form is made when the first client needs it, and once.
 */
export class Batch {
  /** What must travel together and in order. */
  readonly messages: readonly Message[];
  /** Whether a transport may compress it. */
  readonly compress: boolean;
  /** Whether a client that does not keep up may miss it: an event that wants no acknowledgement. */
  droppable = false;
  /** Room for the runtime's own form of `frames`. */
  prebuilt: unknown = undefined;

  #frames: readonly Message[] | undefined = undefined;
  #packets: readonly string[] | undefined = undefined;
  #v3: Batch | BatchV3 | undefined = undefined;
  #size = -1;

  constructor(messages: readonly Message[], compress = true) {
    this.messages = messages;
    this.compress = compress;
  }

  /** As Engine.IO 4 sends it over WebSocket: bytes as they are. */
  get frames(): readonly Message[] {
    return (this.#frames ??= this.messages.length === 1 ? [toFrame(this.messages[0]!)] : this.messages.map(toFrame));
  }

  /** As Engine.IO 4 sends it over polling: bytes as base64. */
  get packets(): readonly string[] {
    return (this.#packets ??= this.messages.map(toPacket));
  }

  /** As Engine.IO 3 sends it; the same where there are no bytes. */
  get v3(): Batch | BatchV3 {
    return (this.#v3 ??= this.messages.every((message) => typeof message === "string") ? this : new BatchV3(this));
  }

  /** What it counts for while it is buffered: UTF-16 units of text and bytes, plus 64 a message. */
  get size(): number {
    if (this.#size < 0) this.#size = sizeOf(this.messages);
    return this.#size;
  }
}

function sizeOf(messages: readonly Message[]): number {
  let size = 0;
  for (let at = 0; at < messages.length; at++) size += messages[at]!.length + OVERHEAD;
  return size;
}

function toFrame(message: Message): Message {
  return typeof message === "string" ? "4" + message : message;
}

function toPacket(message: Message): string {
  return typeof message === "string" ? "4" + message : "b" + encodeBase64(message);
}
