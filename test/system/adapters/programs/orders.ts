/** What a server program of the tests is told, and its options from that. */
import msgpack from "socket.io-msgpack-parser";
import { orderlyPostgresAdapter, redisAdapter, redisAdapterWithIoRedis, shardedAdapters, streamsAdapter } from "../adapters.ts";

export const adapters = {
  redisAdapter,
  redisAdapterWithIoRedis,
  shardedAdapter: shardedAdapters[0]!,
  streamsAdapter,
  postgresAdapter: orderlyPostgresAdapter,
} as const;

export interface Orders {
  readonly adapter?: keyof typeof adapters;
  /** Where its broker is. */
  readonly broker?: string;
  readonly parser?: "msgpack";
}

export interface Ordered {
  readonly options: Record<string, unknown>;
  close(): Promise<void>;
}

/** `json` is the program's argument. */
export async function carryOut(json: string | undefined): Promise<Ordered> {
  const { adapter, broker = "", parser } = JSON.parse(json ?? "{}") as Orders;
  const plug = adapter && (await adapters[adapter].plug(broker));
  return {
    options: { ...(plug && { adapter: plug.adapter }), ...(parser && { parser: msgpack }) },
    close: async () => plug?.close(),
  };
}
