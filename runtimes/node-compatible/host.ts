import { randomBytes } from "node:crypto";
import { createDebug } from "obug";
import type { Host } from "../../src/platform.ts";
import { debugLog } from "../debug.ts";
import { createTurn, timerHost } from "../timer-host.ts";

const POOL_SIZE = 2048;

/** The core's outside world where Node's modules exist. Without `debug`, the environment variable `DEBUG` names the scopes. */
export function nodeCompatibleHost(debug?: string): Host {
  return timerHost({
    random: createRandom(),
    defer: (task) => void setImmediate(task),
    endOfTurn: createTurn((run) => process.nextTick(run)),
    bytes: (data) => (Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
    log: debug === undefined ? debugByEnvironment : debugLog(debug),
  });
}

/** A call to the source costs far more than the bytes of an id: it is asked for many at a time. Each byte is given once. */
function createRandom(): Host["random"] {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (length) => {
    if (length > POOL_SIZE) return randomBytes(length);
    if (used + length > pool.length) {
      pool = randomBytes(POOL_SIZE);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  };
}

function debugByEnvironment(scope: string): ReturnType<Host["log"]> {
  const write = createDebug(scope);
  return write.enabled ? write : undefined;
}
