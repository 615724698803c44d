/** Adapters of the package `socket.io-adapter`, as they are, without a broker. */
import { type ClusterMessage, type ClusterResponse, ClusterAdapterWithHeartbeat } from "socket.io-adapter";
import { afterAll, beforeAll } from "vitest";
import { type Factory, type Node, describeMixes, startNode } from "./servers.ts";

/** Carries what servers say to each other, copied as a broker would. */
class Bus {
  readonly #adapters = new Set<BusAdapter>();

  add(adapter: BusAdapter): void {
    this.#adapters.add(adapter);
  }

  remove(adapter: BusAdapter): void {
    this.#adapters.delete(adapter);
  }

  publish(from: BusAdapter, message: ClusterMessage): Promise<string> {
    const others = [...this.#adapters].filter((adapter) => adapter !== from && adapter.serves(message.nsp));
    for (const adapter of others) later(message, (copy) => adapter.onMessage(copy));
    return Promise.resolve("");
  }

  respond(server: string, response: ClusterResponse): Promise<void> {
    const asker = [...this.#adapters].filter((adapter) => adapter.isOf(server));
    for (const adapter of asker) later(response, (copy) => adapter.onResponse(copy));
    return Promise.resolve();
  }
}

function later<Message>(message: Message, receive: (copy: Message) => void): void {
  const copy = structuredClone(message);
  setImmediate(() => receive(copy));
}

class BusAdapter extends ClusterAdapterWithHeartbeat {
  readonly #bus: Bus;

  constructor(nsp: unknown, bus: Bus) {
    super(nsp, {});
    this.#bus = bus;
    bus.add(this);
  }

  serves(nsp: string): boolean {
    return (this.nsp as { name: string }).name === nsp;
  }

  isOf(server: string): boolean {
    return this.uid === server;
  }

  override doPublish(message: ClusterMessage): Promise<string> {
    return this.#bus.publish(this, message);
  }

  override doPublishResponse(server: string, response: ClusterResponse): Promise<void> {
    return this.#bus.respond(server, response);
  }

  override close(): void {
    super.close();
    this.#bus.remove(this);
  }
}

describeMixes("an heir of ClusterAdapter", (kinds) => {
  const nodes: Node[] = [];
  beforeAll(async () => {
    const bus = new Bus();
    const adapter = function (nsp: unknown) {
      return new BusAdapter(nsp, bus);
    } as Factory;
    nodes.push(...(await Promise.all(kinds.map((kind, index) => startNode(kind, `${kind} ${index}`, { adapter: adapter as never })))));
  });
  afterAll(() => Promise.all(nodes.map((node) => node.stop())));
  return () => ({ a: nodes[0]!.url, b: nodes[1]!.url });
});
