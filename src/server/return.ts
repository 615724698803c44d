import type { RestoredSession } from "../adapter/adapter.ts";
import { Batch } from "../wire/batch.ts";
import { PacketType } from "../wire/packet.ts";
import type { NamespaceParts } from "./parts.ts";
import type { SocketCore } from "./socket-core.ts";
import type { EventsMap } from "../events/event-maps.ts";

/** A socket that goes on, and what its client has missed, encoded. */
export interface ReadySession extends RestoredSession {
  readonly missedPackets: readonly Batch[];
}

/** A socket that comes back, until its client has been sent all that it has missed: what is sent to it meanwhile waits its turn. */
export class Return {
  readonly #socket: SocketCore<EventsMap>;
  readonly #maxBytes: number;
  readonly #events: Batch[];
  #bytes = 0;

  /** `missed` comes first. A client for which more than `maxBytes` would wait beside that is closed. */
  constructor(socket: SocketCore<EventsMap>, missed: readonly Batch[], maxBytes: number) {
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
    for (const batch of this.#events) this.#socket.client.deliver(batch, false);
  }
}

/** What the client has missed; `undefined` where a broker has something else, or what this server must not send. */
export function encodeMissed(
  { missedPackets }: RestoredSession,
  { codec, faults }: NamespaceParts,
  nsp: string,
): readonly Batch[] | undefined {
  const encode = (data: unknown): Batch => {
    if (!Array.isArray(data) || !["string", "number"].includes(typeof data[0])) {
      throw new TypeError("Cannot recover a socket: expected the events that it has missed");
    }
    return new Batch(codec.encode({ type: PacketType.EVENT, nsp, data }));
  };
  try {
    return missedPackets.map((each) => (each instanceof Batch ? each : encode(each)));
  } catch (error) {
    faults.report(error, { phase: "restoreSession", namespace: nsp });
    return undefined;
  }
}
