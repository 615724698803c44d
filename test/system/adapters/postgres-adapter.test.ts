import { afterAll, beforeAll } from "vitest";
import { describeMixes } from "../../adapters/servers.ts";
import { orderlyPostgresAdapter } from "./adapters.ts";
import { type Broker, startPostgres } from "./brokers.ts";
import { pairOn } from "./pair.ts";

let postgres: Broker;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.remove());

describeMixes(orderlyPostgresAdapter.name, pairOn(orderlyPostgresAdapter, () => postgres));
