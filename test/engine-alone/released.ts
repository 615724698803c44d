/** The released `engine.io`, which comes with `socket.io`. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type * as EngineIo from "engine.io";

const require = createRequire(import.meta.url);

export const engineIo = createRequire(dirname(require.resolve("socket.io/package.json")) + "/package.json")("engine.io") as typeof EngineIo;
