/** The released clients that the suite is played with. */
import { io } from "socket.io-client";
import { io as io3 } from "socket.io-client-v3";
import type { ClientLibrary } from "../interop/library.ts";
import { OLD_CLIENTS } from "../interop/old-clients.ts";
import type { Lacks } from "./capabilities.ts";

export interface Library extends ClientLibrary {
  readonly lacks: Lacks;
  /** Whether its transports may be given as classes, instead of by their names. */
  readonly takesTransports: boolean;
}

export const latest: Library = {
  version: "4.8.4",
  io,
  engineProtocol: 4,
  pollsAsciiOnly: false,
  lacks: {},
  takesTransports: true,
};

const aside: Lacks = {
  "is on its own": "No client takes part, or one of a version that the scenario chooses.",
  "recovers": "Connection state recovery came with 4.6.",
};

const version3: Library = {
  version: "3.1.3",
  io: io3,
  engineProtocol: 4,
  pollsAsciiOnly: false,
  lacks: aside,
  takesTransports: false,
};

const before3: readonly Library[] = OLD_CLIENTS.map((client) => ({
  ...client,
  lacks: {
    ...aside,
    "has volatile events": "Volatile events of clients came with 3.0.",
    "sends views": "Clients before 3.0 look for a `Buffer` or an `ArrayBuffer`.",
  },
  takesTransports: false,
}));

/** All but the latest. */
export const earlier: readonly Library[] = [version3, ...before3];

/** What a server must be to let it in. */
export function admitting({ engineProtocol }: Library): { readonly allowEIO3?: true } {
  return engineProtocol === 3 ? { allowEIO3: true } : {};
}
