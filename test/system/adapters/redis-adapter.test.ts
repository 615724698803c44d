import { afterAll, beforeAll } from "vitest";
import { describeMixes } from "../../adapters/servers.ts";
import { redisAdapter, redisAdapterWithIoRedis, shardedAdapters, streamsAdapter, streamsAdapterWithIoRedis } from "./adapters.ts";
import { type Broker, startRedis } from "./brokers.ts";
import { pairOn } from "./pair.ts";

let redis: Broker;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.remove());

for (const published of [redisAdapter, redisAdapterWithIoRedis, ...shardedAdapters, streamsAdapter, streamsAdapterWithIoRedis]) {
  describeMixes(published.name, pairOn(published, () => redis));
}
