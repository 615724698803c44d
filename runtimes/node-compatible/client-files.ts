import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";
import type { ClientFiles } from "../../src/runtime.ts";

const require = createRequire(import.meta.url);

/** The browser client, as the package `socket.io-client` ships it. */
export const clientFiles: ClientFiles = {
  get version() {
    return (require("socket.io-client/package.json") as { version: string }).version;
  },

  encodings: new Map([["br", promisify(brotliCompress)]]),

  async read(name) {
    const folder = dirname(require.resolve("socket.io-client/package.json"));
    return readFile(join(folder, "dist", name)).catch(() => undefined);
  },
};
