import type { EventsMap } from "../events/event-maps.ts";
import type { SocketCore } from "./socket-core.ts";

export type AnySocket = SocketCore<EventsMap>;

/** The sockets of one client by namespace, `"connecting"` until that takes them; absent is the third state. */
export class PeerSockets extends Map<string, AnySocket | "connecting"> {
  joined(): AnySocket[] {
    return [...this.values()].filter((it) => it !== "connecting");
  }
}
