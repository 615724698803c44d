/** Released clients of Engine.IO 3, with today's names for what they call otherwise. */
import { createRequire } from "node:module";
import type { io as connect, Socket } from "socket.io-client";
import type { ClientOptions } from "./arena.ts";
import type { ClientLibrary } from "./library.ts";

type Connect = typeof connect;

// They have no types, or hide them. What the scenarios use is the same in version 4.
const load = createRequire(import.meta.url) as (name: string) => Connect;

export const OLD_CLIENTS: readonly ClientLibrary[] = [
  { version: "2.5.0", io: modernised("socket.io-client-v2"), engineProtocol: 3, pollsAsciiOnly: false },
  { version: "2.1.1", io: modernised("socket.io-client-v2.1"), engineProtocol: 3, pollsAsciiOnly: false },
  { version: "1.7.4", io: modernised("socket.io-client-v1"), engineProtocol: 3, pollsAsciiOnly: true },
];

/** `auth` travels as the query of its namespace; who listens to everything does so at the place that gets every event. */
function modernised(name: string): Connect {
  const io = load(name);
  const connectOld = (url: string, { auth, query, ...options }: ClientOptions): Socket => {
    const client = io(url, { ...options, query: { ...query, ...(auth as object) } });
    const { io: manager } = client;
    const { socket } = manager;
    Object.assign(manager, {
      socket: (namespace: string, { auth: given }: ClientOptions = {}) => {
        const other = socket.call(manager, namespace, { query: queryOf(given) } as never);
        // The namespace of the client itself is asked for anew when it opens again.
        return other === client ? client : listensToAll(other);
      },
    });
    Object.defineProperty(client, "auth", {
      set(given: object) {
        Object.assign(client, { query: queryOf(given) });
      },
    });
    return listensToAll(client);
  };
  return connectOld as Connect;
}

/** Version 1 knows the query of a namespace as text alone. */
function queryOf(auth: object = {}): string {
  return new URLSearchParams({ ...auth }).toString();
}

/** The part of an old client that hands on an event of the server. */
interface Receiving {
  onevent(packet: { readonly data: readonly unknown[] }): void;
}

function listensToAll(client: Socket): Socket {
  const receiving = client as unknown as Receiving;
  const { onevent } = receiving;
  const listeners: ((...args: unknown[]) => void)[] = [];
  receiving.onevent = (packet) => {
    for (const listener of listeners) listener(...packet.data);
    onevent.call(client, packet);
  };
  return Object.assign(client, { onAny: (listener: (...args: unknown[]) => void) => void listeners.push(listener) });
}
