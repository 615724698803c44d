/** Connection state recovery over a broker: a client that lost one server comes back to another. */
import assert from "node:assert/strict";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import { Member } from "../../adapters/member.ts";
import { eventually, ready } from "../../adapters/scenarios.ts";
import type { Kind } from "../../adapters/servers.ts";
import { Proxy } from "../../interop/proxy.ts";
import { streamsAdapter, streamsAdapterWithIoRedis } from "./adapters.ts";
import { type Broker, startRedis } from "./brokers.ts";
import { type PluggedNode, startPlugged } from "./pair.ts";

const mixes: readonly (readonly [Kind, Kind])[] = [["ours", "ours"], ["ours", "released"], ["released", "ours"]];

let redis: Broker;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.remove());

for (const published of [streamsAdapter, streamsAdapterWithIoRedis]) {
  describe.each(mixes)(`${published.name}: a client of a server (%s) comes back to another (%s)`, (...kinds) => {
    const nodes: PluggedNode[] = [];

    beforeAll(async () => {
      for (const kind of kinds) nodes.push(await startPlugged(published, kind, redis.url, { connectionStateRecovery: {} }));
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));

    /** A client whose way leads to the first server, and one at each server. */
    async function enter(): Promise<{ proxy: Proxy; guest: Member; here: Member; there: Member }> {
      const proxy = await Proxy.before(nodes[0]!.url);
      onTestFinished(() => proxy.close());
      const [guest, here, there] = [await Member.join(proxy.url, { auth: { name: "guest" } }), ...(await Promise.all(nodes.map(({ url }) => Member.join(url))))];
      assert.ok(here && there);
      await ready(here);
      await ready(there);
      await guest.own(["join", "red"]);
      return { proxy, guest, here, there };
    }

    test("with its id, rooms and data, and gets what it has missed, then what is new", async () => {
      const { proxy, guest, here, there } = await enter();
      const { id } = guest;
      await here.io(["to", "red"], ["emit", "before", 1]);
      await guest.own(["emit", "direct", Buffer.from([1])]);
      assert.deepEqual(withoutOffset(await guest.heard.take(2)), [["before", 1], ["direct", Buffer.from([1])]]);
      await cut(proxy, guest, nodes[1]!.url, here, there);
      await there.io(["to", "red"], ["emit", "missed there", { deep: true }]);
      await there.io(["emit", "missed by all"]);
      // What a server has said is in the log once the other one has heard it.
      await here.until("missed by all");
      await here.io(["to", "blue"], ["emit", "for others"]);
      await here.io(["to", "red"], ["emit", "missed here"]);
      await here.io(["emit", "missed bytes", Buffer.from([2])]);
      await there.until("missed bytes");
      await comeBack(guest);
      assert.deepEqual([guest.socket.recovered, guest.id], [true, id]);
      await there.io(["to", "red"], ["emit", "live"]);
      assert.deepEqual(withoutOffset(await guest.heard.take(6)), [
        ["kept"],
        ["missed there", { deep: true }],
        ["missed by all"],
        ["missed here"],
        ["missed bytes", Buffer.from([2])],
        ["live"],
      ]);
      assert.deepEqual(await guest.own(["rooms"]), [id, "red"].toSorted());
      assert.deepEqual(await guest.own(["data"]), { given: { name: "guest" } });
    });

    test("once: who shows the same secret later starts anew", async () => {
      const { proxy, guest, here, there } = await enter();
      await here.io(["emit", "before"]);
      const [[, offset] = []] = await guest.heard.take(1);
      const { id } = guest;
      const pid = (guest.socket as unknown as { _pid: string })._pid;
      await cut(proxy, guest, nodes[1]!.url, here, there);
      await comeBack(guest);
      assert.equal(guest.socket.recovered, true);
      const thief = await Member.join(nodes[0]!.url, { auth: { pid, offset } });
      assert.deepEqual([thief.socket.recovered, thief.id === id], [false, false]);
    });

    test("not, when it was told to go", async () => {
      const { proxy, guest, here } = await enter();
      const { id } = guest;
      await here.io(["emit", "before"]);
      await guest.heard.take(1);
      const gone = new Promise((resolve) => guest.socket.once("disconnect", resolve));
      await here.io(["in", id], ["disconnectSockets"]);
      await gone;
      proxy.leadTo(nodes[1]!.url);
      await comeBack(guest);
      assert.deepEqual([guest.socket.recovered, guest.id === id], [false, false]);
    });
  });
}

/** Ends the connection of a guest of `here`, whose next one leads elsewhere; settles when the broker keeps its socket. */
async function cut(proxy: Proxy, { socket, id }: Member, next: string, here: Member, there: Member): Promise<void> {
  const gone = new Promise((resolve) => socket.once("disconnect", resolve));
  proxy.leadTo(next);
  proxy.cut();
  await gone;
  await eventually(async () => assert.deepEqual(await here.io(["local"], ["in", id], ["fetchSockets"]), []));
  // The broker has heard of this after that.
  await here.io(["emit", "kept"]);
  await there.until("kept");
}

async function comeBack({ socket }: Member): Promise<void> {
  const there = new Promise((resolve) => socket.once("connect", resolve as () => void));
  socket.connect();
  await there;
}

/** The last argument of each event is its offset in the stream. */
function withoutOffset(events: readonly unknown[][]): unknown[][] {
  return events.map((event) => {
    assert.match(String(event.at(-1)), /^\d+-\d+$/);
    return event.slice(0, -1);
  });
}
