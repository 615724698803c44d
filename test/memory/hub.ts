import type { SharedFrames, TopicHub, WebSocketLike } from "../../src/platform.ts";
import type { MemoryWebSocket } from "./web-socket.ts";

/** The topics of a platform in memory. */
export class MemoryHub implements TopicHub {
  /** How often something was published. */
  published = 0;
  readonly #topics = new Map<string, Set<MemoryWebSocket>>();

  /** How many WebSockets are in topics, each as often as it is. */
  get subscriptions(): number {
    return [...this.#topics.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** What the server's end of `ws` has on this platform. */
  endOf(ws: MemoryWebSocket): Pick<WebSocketLike, "hub" | "subscribe" | "unsubscribe"> {
    return {
      hub: this,
      subscribe: (topic) => void this.#topics.get(topic)!.add(ws),
      unsubscribe: (topic) => void this.#topics.get(topic)!.delete(ws),
    };
  }

  createTopic(): string {
    const topic = `topic ${this.#topics.size}`;
    this.#topics.set(topic, new Set());
    return topic;
  }

  publish(topic: string, batch: SharedFrames, except?: WebSocketLike): void {
    this.published += 1;
    for (const ws of this.#topics.get(topic)!) if (ws.serverEnd !== except) ws.published(batch);
  }
}
