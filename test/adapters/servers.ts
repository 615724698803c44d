/** Servers of one process: ours and released ones. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as released from "socket.io";
import { describe } from "vitest";
import * as ours from "../../runtimes/node.ts";
import { app } from "./app.ts";
import { type Cluster, describeCluster } from "./scenarios.ts";

export type Kind = "ours" | "released";

/** What makes the adapter of one server; typed as published ones are. */
export type Factory = (nsp: any) => any;

export interface Node {
  readonly kind: Kind;
  readonly url: string;
  readonly io: ours.Server;
  stop(): Promise<void>;
}

/** Starts a server that runs `app`, and tells the app's failures to `faults`. */
export async function startNode(kind: Kind, name: string, options: Partial<ours.ServerOptions>, faults: unknown[] = []): Promise<Node> {
  const http = createServer();
  const io = kind === "ours" ? new ours.Server(http, options) : (new released.Server(http, options as never) as unknown as ours.Server);
  if (kind === "ours") io.diagnostics.on("handler_error", (error) => faults.push(error));
  app(io as never, name);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return { kind, url, io, stop: () => io.close() };
}

/**
 * The scenarios between two servers of ours, and between one of ours and a released one, asked from either side.
 *
 * `pair` registers what starts and ends two servers around the tests of one group.
 */
export function describeMixes(title: string, pair: (kinds: readonly [Kind, Kind]) => () => Cluster): void {
  describe(`through ${title}`, () => {
    describe("two of ours", () => {
      describeCluster(pair(["ours", "ours"]));
    });
    describe("one of ours beside a released one", () => {
      const mixed = pair(["ours", "released"]);
      describe("ours asks", () => {
        describeCluster(mixed);
      });
      describe("ours is asked", () => {
        describeCluster(() => ({ a: mixed().b, b: mixed().a }));
      });
    });
  });
}
