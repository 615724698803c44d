import { Batch } from "../wire/batch.ts";
import { PacketType } from "../wire/packet.ts";
import type { SocketCore } from "./socket-core.ts";
import type { EventsMap } from "../events/event-maps.ts";

/** A socket that comes back, until its client has been sent all that it has missed: what is sent to it meanwhile waits its turn. */
export class Return {
  readonly #socket: SocketCore<EventsMap>;
  readonly #maxBytes: number;
  readonly #events: (unknown[] | Batch)[];
  #bytes = 0;

  /** `missed` comes first. A client for which more than `maxBytes` would wait beside that is closed. */
  constructor(socket: SocketCore<EventsMap>, missed: readonly (unknown[] | Batch)[], maxBytes: number) {
    this.#socket = socket;
    this.#events = [...missed];
    this.#maxBytes = maxBytes;
  }

  hold(batch: Batch): void {
    this.#bytes += batch.size;
    if (this.#bytes > this.#maxBytes) return this.#socket.client.close();
    this.#events.push(batch);
  }

  /** Sends everything, also what listeners add while it is sent: a full connection, or one that it costs, makes them speak. */
  replay(): void {
    const { client, nsp } = this.#socket;
    for (const each of this.#events) {
      if (each instanceof Batch) client.deliver(each, false);
      else this.#socket.sendPacket({ type: PacketType.EVENT, nsp: nsp.name, data: each });
    }
  }
}
