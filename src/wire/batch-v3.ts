import type { Batch } from "./batch.ts";
import type { Message } from "./codec.ts";
import { encodeFrameV3, encodeTextV3 } from "./engine-v3.ts";

/** The forms of a batch with bytes for clients of Engine.IO 3; text looks the same in both revisions. */
export class BatchV3 {
  readonly messages: readonly Message[];
  readonly size: number;
  readonly compress: boolean;
  readonly droppable: boolean;
  /** Room for the runtime's own form of `frames`. */
  prebuilt: unknown = undefined;

  #frames: readonly Message[] | undefined = undefined;
  #packets: readonly string[] | undefined = undefined;

  constructor({ messages, size, compress, droppable }: Batch) {
    this.droppable = droppable;
    this.messages = messages;
    this.size = size;
    this.compress = compress;
  }

  /** As they go over WebSocket, and as packets of a payload of bytes. */
  get frames(): readonly Message[] {
    return (this.#frames ??= this.messages.map(encodeFrameV3));
  }

  /** As packets of a payload of text. */
  get packets(): readonly string[] {
    return (this.#packets ??= this.messages.map(encodeTextV3));
  }
}
