import { Proxy } from "../../interop/proxy.ts";
import type { Held } from "../host.ts";

/** A way to a server over TCP on which WebSocket handshakes wait. */
export async function holdUpgrades(url: string): Promise<Held> {
  const proxy = await Proxy.before(url);
  return { url: proxy.url, release: proxy.holdUpgrades(), end: () => proxy.close() };
}
