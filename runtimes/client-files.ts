/** The browser client as part of the program: `omnisocket/client-files`, for runtimes that read no files. */
import type { ClientFiles } from "../src/runtime.ts";
import script from "socket.io-client/dist/socket.io.js" with { type: "text" };
import metadata from "socket.io-client/package.json" with { type: "json" };

/** `socket.io.js`, from the package `socket.io-client`; the other files are not embedded. */
export const clientFiles: ClientFiles = {
  version: metadata.version,
  read: (name) => Promise.resolve(name === "socket.io.js" ? new TextEncoder().encode(script) : undefined),
};
