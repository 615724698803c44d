import type { RestoredSession } from "../adapter/adapter.ts";
import { Batch } from "../wire/batch.ts";
import { PacketType } from "../wire/packet.ts";
import type { NamespaceParts } from "./parts.ts";
import type { SocketCore } from "./socket-core.ts";
import type { EventsMap } from "../events/event-maps.ts";

/** What the CONNECT that follows counts for, without the name of its namespace. */
const WELCOME = 128;

/** A socket that goes on, and what its client has missed, encoded. */
export interface ReadySession extends RestoredSession {
  readonly missedPackets: readonly Batch[];
  /** Bytes that will wait for the client at once. */
  readonly size: number;
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
    if (this.#bytes > this.#maxBytes) return this.#giveUp();
    this.#events.push(batch);
  }

  /**
   * Sends everything, also what listeners add while it is sent: a full connection, or one that it costs, makes them speak.
   *
   * Where that would be too much by now, nothing: a client keeps what comes before its CONNECT, and gets it again when it comes back.
   */
  replay(): void {
    const { client, nsp } = this.#socket;
    if (!mayWait(client.bufferedBytes, replaySize(this.#events, nsp.name), this.#maxBytes)) return this.#giveUp();
    for (const batch of this.#events) client.deliver(batch, false);
  }

  #giveUp(): void {
    const { client, nsp } = this.#socket;
    if (!client.isOpen) return;
    nsp.parts.faults.limitHit("maxBufferedBytes", client.conn);
    client.close();
  }
}

/** Bytes of these events and the CONNECT behind them; 0 without events, as a CONNECT alone is sent to everybody. */
export function replaySize(events: readonly Batch[], nsp: string): number {
  return events.length === 0 ? 0 : events.reduce((sum, { size }) => sum + size, WELCOME + nsp.length);
}

/** Whether so much more may wait for a client. */
export function mayWait(bufferedBytes: number, size: number, maxBytes: number): boolean {
  return size === 0 || bufferedBytes + size <= maxBytes;
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
