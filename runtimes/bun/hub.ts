import { type SharedFrames, type TopicHub, isLonger } from "../../src/runtime.ts";
import type { WebSocketLike } from "../../src/index.ts";
import { BunWebSocket, type Publisher, outbox } from "./websocket.ts";

/** How many topics there have been. */
let count = 0;

/** The topics of one server of Bun's. */
export class BunHub implements TopicHub {
  readonly #server: Publisher;
  readonly #deflateThreshold: number;

  constructor(server: Publisher, deflateThreshold: number) {
    this.#server = server;
    this.#deflateThreshold = deflateThreshold;
  }

  createTopic(): string {
    return `omnisocket ${++count}`;
  }

  publish(topic: string, { frames, compress }: SharedFrames, except?: WebSocketLike): void {
    // Bun keeps the order of what it has been given, and some that was sent before is held back here.
    outbox.flush();
    const publisher = except instanceof BunWebSocket ? except.publisher : this.#server;
    for (const frame of frames) publisher.publish(topic, frame, compress && isLonger(frame, this.#deflateThreshold - 1));
  }
}
