import assert from "node:assert/strict";
import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, test } from "vitest";
import { Member } from "../../adapters/member.ts";
import { eventually, ready } from "../../adapters/scenarios.ts";
import { redisAdapter } from "./adapters.ts";
import { type Broker, startRedis } from "./brokers.ts";
import { type PluggedNode, startPlugged } from "./pair.ts";

describe("@socket.io/redis-emitter, which is no server itself", () => {
  let redis: Broker;
  let nodes: PluggedNode[];
  let client: ReturnType<typeof createClient>;

  beforeAll(async () => {
    redis = await startRedis();
    nodes = [await startPlugged(redisAdapter, "ours", redis.url), await startPlugged(redisAdapter, "ours", redis.url)];
    client = createClient({ url: redis.url });
    await client.connect();
  });

  afterAll(async () => {
    await client.close();
    for (const node of nodes) await node.stop();
    await redis.remove();
  });

  /** A client at each server. */
  async function meet(): Promise<Member[]> {
    const members = await Promise.all(nodes.map(({ url }) => Member.join(url)));
    for (const member of members) await ready(member);
    return members;
  }

  test("reaches the clients of all servers, by room and namespace, with binary", async () => {
    const members = await meet();
    const [one, two] = members as [Member, Member];
    const other = await Member.join(`${nodes[0]!.url}/other`);
    await one.own(["join", "red"]);
    const emitter = new Emitter(client);
    emitter.to("red").emit("red", 1);
    emitter.except("red").emit("not red", { bytes: Buffer.from([1, 2]) });
    emitter.to(two.id).emit("two");
    emitter.of("/other").emit("other");
    emitter.emit("end");
    assert.deepEqual(await one.until("end"), [["red", 1]]);
    assert.deepEqual(await two.until("end"), [["not red", { bytes: Buffer.from([1, 2]) }], ["two"]]);
    assert.deepEqual(await other.heard.next(), ["other"]);
  });

  test("makes sockets join, leave and disconnect, and speaks to the servers", async () => {
    const [one, two] = (await meet()) as [Member, Member];
    const emitter = new Emitter(client);
    emitter.socketsJoin("blue");
    await eventually(async () => assert.deepEqual([await one.own(["rooms"]), await two.own(["rooms"])], [[one.id, "blue"].toSorted(), [two.id, "blue"].toSorted()]));
    emitter.in(one.id).socketsLeave("blue");
    await eventually(async () => assert.deepEqual(await one.own(["rooms"]), [one.id]));
    emitter.serverSideEmit("note", 7);
    assert.deepEqual((await one.heard.next()).toSpliced(1, 1), ["noted", 7]);
    const gone = new Promise((resolve) => two.socket.once("disconnect", resolve));
    emitter.in("blue").disconnectSockets(true);
    assert.equal(await gone, "io server disconnect");
    assert.ok(one.socket.connected);
  });
});
