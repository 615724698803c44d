/** The published adapters, each made as its read-me says. */
import { createAdapter as createPostgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter as createRedisAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import type { Factory } from "../../adapters/servers.ts";

/** The adapter of one server, with its own connections to the broker. */
export interface Plug {
  readonly adapter: Factory;
  /** Settles once the adapter hears what it wants to hear; its server must not end before. @default at once */
  subscribed?(): Promise<unknown>;
  /** Ends the connections. */
  close(): Promise<void>;
}

export interface Published {
  readonly name: string;
  readonly broker: "redis" | "postgres";
  plug(url: string): Promise<Plug>;
}

/** Clients end in good order: adapters do not follow what becomes of the last they have sent. */
async function nodeRedis(url: string) {
  // Its own default is to give up after five seconds, and the adapters do not follow what becomes of a message.
  const client = createClient({ url, commandOptions: { timeout: 0 } });
  // As the client's documents ask: it goes on by itself.
  client.on("error", () => {});
  await client.connect();
  return client;
}

/**
 * A client, and what tells when it and those that an adapter makes of it have subscribed to all that was asked for.
 *
 * Adapters do not follow what becomes of that, and a connection that ends before rejects it.
 */
function ioRedis(url: string): { client: Redis; subscribed: () => Promise<unknown> } {
  const subscriptions: Promise<unknown>[] = [];
  const watch = (client: Redis): Redis => {
    const { subscribe, duplicate } = client;
    client.on("error", () => {});
    client.subscribe = ((...args: Parameters<typeof subscribe>) => {
      const subscription = subscribe.apply(client, args);
      subscriptions.push(subscription);
      return subscription;
    }) as typeof subscribe;
    client.duplicate = (options) => watch(duplicate.call(client, options));
    return client;
  };
  return { client: watch(new Redis(url)), subscribed: () => Promise.allSettled(subscriptions) };
}

async function withNodeRedis(url: string, create: (pub: unknown, sub: unknown) => Factory): Promise<Plug> {
  const [pub, sub] = await Promise.all([nodeRedis(url), nodeRedis(url)]);
  return { adapter: create(pub, sub), close: async () => void (await Promise.all([pub.close(), sub.close()])) };
}

function withIoRedis(url: string, create: (pub: unknown, sub: unknown) => Factory): Promise<Plug> {
  const [pub, sub] = [ioRedis(url), ioRedis(url)];
  return Promise.resolve({
    adapter: create(pub.client, sub.client),
    subscribed: () => Promise.all([pub.subscribed(), sub.subscribed()]),
    close: async () => void (await Promise.all([pub.client.quit(), sub.client.quit()])),
  });
}

export const redisAdapter: Published = {
  name: "@socket.io/redis-adapter with redis",
  broker: "redis",
  plug: (url) => withNodeRedis(url, (pub, sub) => createRedisAdapter(pub, sub)),
};

export const redisAdapterWithIoRedis: Published = {
  name: "@socket.io/redis-adapter with ioredis",
  broker: "redis",
  plug: (url) => withIoRedis(url, (pub, sub) => createRedisAdapter(pub, sub)),
};

export const shardedAdapters: readonly Published[] = (["dynamic", "static", "dynamic-private"] as const).map((subscriptionMode) => ({
  name: `@socket.io/redis-adapter, sharded (${subscriptionMode})`,
  broker: "redis",
  plug: (url) => withNodeRedis(url, (pub, sub) => createShardedAdapter(pub, sub, { subscriptionMode })),
}));

export const streamsAdapter: Published = {
  name: "@socket.io/redis-streams-adapter with redis",
  broker: "redis",
  async plug(url) {
    const client = await nodeRedis(url);
    return { adapter: createStreamsAdapter(client), close: () => client.close() };
  },
};

export const streamsAdapterWithIoRedis: Published = {
  name: "@socket.io/redis-streams-adapter with ioredis",
  broker: "redis",
  async plug(url) {
    const { client, subscribed } = ioRedis(url);
    return { adapter: createStreamsAdapter(client), subscribed, close: async () => void (await client.quit()) };
  },
};

function postgresAdapterWith(name: string, settings: pg.PoolConfig): Published {
  return {
    name,
    broker: "postgres",
    async plug(url) {
      const pool = new pg.Pool({ connectionString: url, ...settings });
      pool.on("error", () => {});
      // The connection that the adapter listens on tells of its end by itself, and nobody else hears that.
      pool.on("connect", (client) => client.on("error", () => {}));
      await pool.query(`
        CREATE TABLE IF NOT EXISTS socket_io_attachments (
          id          bigserial UNIQUE,
          created_at  timestamptz DEFAULT NOW(),
          payload     bytea
        );
      `);
      // After an outage the end never comes: the adapter still holds the connection that broke.
      return { adapter: createPostgresAdapter(pool, { errorHandler: () => {} }), close: async () => void pool.end() };
    },
  };
}

export const postgresAdapter = postgresAdapterWith("@socket.io/postgres-adapter", {});

/** One connection listens, one publishes: over several, events of a server overtake each other. */
export const orderlyPostgresAdapter = postgresAdapterWith("@socket.io/postgres-adapter, in order", { max: 2 });
