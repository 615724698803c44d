/** Published adapters and parsers inside Bun and Deno. */
import assert from "node:assert/strict";
import { join } from "node:path";
import msgpack from "socket.io-msgpack-parser";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { Reply } from "../../adapters/app.ts";
import { Member } from "../../adapters/member.ts";
import { type Cluster, describeCluster } from "../../adapters/scenarios.ts";
import { type Kind, startNode } from "../../adapters/servers.ts";
import { ROOT } from "../program.ts";
import type { Published } from "./adapters.ts";
import { type Broker, startPostgres, startRedis } from "./brokers.ts";
import { type Program, startProgram } from "./node-program.ts";
import { type PluggedNode, startPlugged } from "./pair.ts";
import { type Orders, adapters } from "./programs/orders.ts";

const runtimes = {
  Bun: (orders: Orders) => start("bun", [programOf("bun")], orders),
  // What the brokers' clients ask for: variables, and the name of the machine.
  Deno: (orders: Orders) => start("deno", ["run", "--quiet", "--allow-net", "--allow-env", "--allow-read", "--allow-sys", programOf("deno")], orders),
};

function programOf(name: string): string {
  return join(import.meta.dirname, `programs/${name}.mjs`);
}

async function start(binary: string, args: readonly string[], orders: Orders): Promise<Program & { readonly url: string }> {
  const program = await startProgram(join(ROOT, "node_modules/.bin", binary), [...args, JSON.stringify(orders)]);
  return { ...program, url: `http://127.0.0.1:${(program.announced as { port: number }).port}` };
}

describe("a server in another runtime beside one on Node", () => {
  const brokers: Partial<Record<Published["broker"], Broker>> = {};
  beforeAll(async () => {
    [brokers.redis, brokers.postgres] = await Promise.all([startRedis(), startPostgres()]);
  });
  afterAll(() => Promise.all(Object.values(brokers).map((broker) => broker.remove())));

  /** Registers what starts and ends the two around the tests of one group. */
  function pair(begin: (orders: Orders) => ReturnType<typeof start>, adapter: keyof typeof adapters, kind: Kind): () => Cluster {
    const published = adapters[adapter];
    let program: Awaited<ReturnType<typeof start>>;
    let node: PluggedNode;
    beforeAll(async () => {
      const broker = brokers[published.broker]!.url;
      node = await startPlugged(published, kind, broker);
      program = await begin({ adapter, broker });
    });
    afterAll(async () => {
      await program.stop();
      await node.stop();
    });
    return () => ({ a: program.url, b: node.url });
  }

  const names = Object.keys(adapters) as (keyof typeof adapters)[];

  for (const [row, [runtime, begin]] of Object.entries(runtimes).entries()) {
    describe.each(names)(`${runtime}, one of ours: %s`, (adapter) => {
      describeCluster(pair(begin, adapter, "ours"));
    });

    // What a released server hears does not depend on the package that carries it to Redis.
    const withNodeRedis = names.filter((name) => name !== "redisAdapterWithIoRedis");
    for (const [column, adapter] of withNodeRedis.entries()) {
      // Each adapter is asked on one runtime and asks on the other; each runtime does both.
      const asks = (row + column) % 2 === 0;
      describe(`${runtime}, a released one that ${asks ? "is asked" : "asks"}: ${adapter}`, () => {
        const mixed = pair(begin, adapter, "released");
        describeCluster(asks ? mixed : () => ({ a: mixed().b, b: mixed().a }));
      });
    }
  }
});

describe("socket.io-msgpack-parser at both ends", () => {
  const onNode = async (): Promise<{ url: string; stop(): Promise<void> }> => startNode("ours", "node", { parser: msgpack });

  describe.each(Object.entries({ Node: onNode, ...runtimes }))("on %s", (_name, begin) => {
    let server: { readonly url: string; stop(): Promise<void> };
    beforeAll(async () => {
      server = await begin({ parser: "msgpack" });
    });
    afterAll(() => server.stop());

    for (const transports of [["polling"], ["websocket"]]) {
      test(`carries events, acknowledgements, binary and namespaces both ways over ${transports[0]}`, async () => {
        for (const namespace of ["", "/other"]) {
          const member = await Member.join(server.url + namespace, { parser: msgpack, transports, auth: { name: "Ada" } });
          const other = await Member.join(server.url + namespace, { parser: msgpack, transports });
          const value = { text: "ü", bytes: Buffer.from([0, 255]), list: [1.5, null, true], deep: { none: {} } };
          await member.io(["emit", "all", value]);
          assert.deepEqual([await member.heard.next(), await other.heard.next()], [["all", value], ["all", value]]);
          other.socket.on("ask", (question: unknown, answer: (given: unknown) => void) => answer(question));
          assert.deepEqual(await member.io(["to", other.id], ["timeout", 2_000], ["emitWithAck", "ask", value]), [value]);
          assert.deepEqual(await member.own(["data"]), { given: { name: "Ada" } });
          const { error } = (await member.socket.emitWithAck("io", [["emit", "connect"]])) as Reply;
          assert.match(error!, /reserved/);
        }
      });
    }

    test("ends a connection that sends what is no packet", async () => {
      const member = await Member.join(server.url, { parser: msgpack });
      const gone = new Promise((resolve) => member.socket.once("disconnect", resolve));
      member.socket.io.engine.write(Buffer.from([0xc1]));
      assert.equal(await gone, "transport close");
    });
  });
});
