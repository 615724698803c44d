/** What a released client does with a server, over one choice of transports. */
import { describe } from "vitest";
import { Arena, type Transport } from "./arena.ts";
import { defineAudience } from "./audience.ts";
import { defineEndings } from "./endings.ts";
import { defineFlood } from "./flood.ts";
import type { Host } from "./host.ts";
import type { ClientLibrary } from "./library.ts";
import { defineMessages } from "./messages.ts";

/** Every choice of transports that the scenarios are to be run with. */
export const TRANSPORTS: readonly (readonly Transport[])[] = [["polling"], ["websocket"], ["polling", "websocket"]];

export function defineScenarios(host: Host, library: ClientLibrary, transports: readonly Transport[]): void {
  describe(`${host.name}, client ${library.version}, ${transports.join(" then ")}`, () => {
    const arena = new Arena(host, library, transports);
    defineMessages(arena);
    defineAudience(arena);
    defineEndings(arena);
    defineFlood(arena);
  });
}
