import { Buffer } from "node:buffer";
import { getHeapStatistics } from "node:v8";
import type { Host, Limits } from "../../src/index.ts";
import { debugLog } from "../debug.ts";
import { timerHost } from "../timer-host.ts";

/** The core's outside world on Deno. Without `debug`, the variable `DEBUG` names the scopes, where it may be read. */
export function denoHost(debug: string = permittedDebug()): Host {
  const nodeBytes = (data: Uint8Array): Uint8Array => Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return timerHost({ nodeBytes, log: debugLog(debug) });
}

/** All connections together may hold a quarter of the heap's limit. */
export function denoLimits(): Partial<Limits> {
  return { maxTotalBufferedBytes: getHeapStatistics().heap_size_limit / 4 };
}

/** Reading a variable without the permission would ask the person at the terminal. */
function permittedDebug(): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "DEBUG" });
  return state === "granted" ? (Deno.env.get("DEBUG") ?? "") : "";
}
