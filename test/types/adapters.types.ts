/** Published adapters and parsers, as their documents write it, with the types they bring. Compiled, not run. */
import { createAdapter as createClusterAdapter } from "@socket.io/cluster-adapter";
import { createAdapter as createPostgresAdapter } from "@socket.io/postgres-adapter";
import { createAdapter as createRedisAdapter, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { Adapter, ClusterAdapter, SessionAwareAdapter } from "socket.io-adapter";
import customParser from "socket.io-msgpack-parser";
import { Server } from "../../runtimes/node.ts";

const pubClient = createClient({ url: "redis://localhost:6379" });
const subClient = pubClient.duplicate();

export const options = [
  new Server({ adapter: createRedisAdapter(pubClient, subClient) }),
  new Server({ adapter: createRedisAdapter(new Redis(), new Redis()) }),
  new Server({ adapter: createShardedAdapter(pubClient, subClient, { subscriptionMode: "dynamic" }) }),
  new Server({ adapter: createStreamsAdapter(pubClient), connectionStateRecovery: {} }),
  new Server({ adapter: Adapter }),
  new Server({ adapter: SessionAwareAdapter }),
  new Server({ adapter: (nsp) => new Adapter(nsp) }),
  new Server({ parser: customParser }),
];

export const later = new Server().adapter(createPostgresAdapter(new pg.Pool())).adapter(createClusterAdapter());

// @ts-expect-error It has no constructor that anybody may call.
export const abstract = new Server({ adapter: ClusterAdapter });

// @ts-expect-error A client of Redis is no adapter.
export const noAdapter = new Server({ adapter: pubClient });
