/** Two servers of this process that share a broker through a published adapter. */
import { afterAll, beforeAll } from "vitest";
import type { Cluster } from "../../adapters/scenarios.ts";
import { type Kind, type Node, startNode } from "../../adapters/servers.ts";
import type * as ours from "../../../runtimes/node.ts";
import type { Plug, Published } from "./adapters.ts";
import type { Broker } from "./brokers.ts";

/** A server, and what ends it with its connections to the broker. */
export interface PluggedNode extends Node {
  readonly plug: Plug;
}

export async function startPlugged(
  published: Published,
  kind: Kind,
  url: string,
  options: Partial<ours.ServerOptions> = {},
  faults: unknown[] = [],
): Promise<PluggedNode> {
  const plug = await published.plug(url);
  const node = await startNode(kind, `${kind} ${Math.random()}`, { ...options, adapter: plug.adapter as never }, faults);
  return {
    ...node,
    plug,
    async stop() {
      await plug.subscribed?.();
      await node.stop();
      await plug.close();
    },
  };
}

/** For `describeMixes`: the servers start before the tests of a group, and end after them. */
export function pairOn(published: Published, broker: () => Broker): (kinds: readonly [Kind, Kind]) => () => Cluster {
  return (kinds) => {
    const nodes: PluggedNode[] = [];
    beforeAll(async () => {
      // One after the other: two that create PostgreSQL's table at once get in each other's way.
      for (const kind of kinds) nodes.push(await startPlugged(published, kind, broker().url));
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));
    return () => ({ a: nodes[0]!.url, b: nodes[1]!.url });
  };
}
