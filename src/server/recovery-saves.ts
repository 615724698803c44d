import type { PersistedSession } from "../adapter/adapter.ts";
import { RecoveryAdapter } from "../adapter/recovery.ts";
import type { EventsMap } from "../events/event-maps.ts";
import type { RecoveryHome } from "./recovery.ts";
import type { SocketCore } from "./socket-core.ts";

/** Any socket of the namespace. */
export type AnySocket = SocketCore<EventsMap>;

/** Stores the sockets of a namespace whose process may go without a word, once per turn and only where something has changed. */
export class Saves {
  readonly #home: RecoveryHome;
  /** Sockets whose data may have changed since they were stored. */
  readonly #unsaved = new Set<AnySocket>();

  constructor(home: RecoveryHome) {
    this.#home = home;
  }

  add(socket: AnySocket): void {
    if (this.#unsaved.size === 0) this.#home.parts.host.endOfTurn(() => this.#save());
    this.#unsaved.add(socket);
  }

  #save(): void {
    const { adapter, parts, name } = this.#home;
    const unsaved = [...this.#unsaved];
    this.#unsaved.clear();
    if (!(adapter instanceof RecoveryAdapter)) return;
    for (const socket of unsaved) {
      // What the app has put into its data may fail to be read.
      parts.faults.run({ phase: "recovery store", namespace: name }, () => {
        const session = sessionOf(socket, socket.pid!);
        if (socket.connected) adapter.keepSession(session);
        else adapter.keepLost(session);
      });
    }
  }
}

/** What is kept of a socket for its client. */
export function sessionOf({ id, rooms, data }: AnySocket, pid: string): PersistedSession {
  return { sid: id, pid, rooms: [...rooms], data };
}
