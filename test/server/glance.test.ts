import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Glance } from "../../src/server/glance.ts";
import { MemoryServer } from "../memory/server.ts";
import { join } from "./client.ts";

/** Whether it shows, once `change` has been applied to a holder of `data`. */
function isSeen(data: unknown, change: (holder: { data: any }) => void = () => {}): boolean {
  const holder = { data };
  const glance = new Glance(holder);
  change(holder);
  return !glance.isCurrent;
}

describe("a glance at what can be changed in place", () => {
  test("sees that nothing has changed", () => {
    assert.equal(isSeen({}), false);
    assert.equal(isSeen({ name: "ada", count: NaN, big: 1n, none: undefined, nothing: null, is: true }), false);
    assert.equal(isSeen(Object.assign(Object.create(null), { name: "ada" })), false);
    assert.equal(isSeen("text"), false);
    assert.equal(isSeen(null), false);
  });

  test("sees every change", () => {
    assert.equal(isSeen({}, ({ data }) => (data.name = "ada")), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => (data.name = "bob")), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => delete data.name), true);
    assert.equal(isSeen({ name: undefined }, (holder) => (holder.data = { other: undefined })), true);
    assert.equal(isSeen({ name: "ada" }, (holder) => (holder.data = "ada")), true);
    assert.equal(isSeen({ name: "ada" }, (holder) => (holder.data = null)), true);
    assert.equal(isSeen({}, (holder) => (holder.data = [])), true);
    assert.equal(isSeen([], (holder) => (holder.data = {})), true);
    assert.equal(isSeen("ada", (holder) => (holder.data = "bob")), true);
  });

  test("looks into objects and lists, however deep and wherever they lead back to", () => {
    const nested = (): any => ({ tags: ["a", { deep: {} }], user: { name: "ada" } });
    assert.equal(isSeen(nested()), false);
    assert.equal(isSeen(nested(), ({ data }) => data.tags.push("b")), true);
    assert.equal(isSeen(nested(), ({ data }) => data.tags.reverse()), true);
    assert.equal(isSeen(nested(), ({ data }) => (data.tags.length = 3)), true);
    assert.equal(isSeen(nested(), ({ data }) => (data.tags.more = "b")), true);
    assert.equal(isSeen(nested(), ({ data }) => (data.tags[1].deep.er = 1)), true);
    assert.equal(isSeen(nested(), ({ data }) => (data.user = { name: "bob" })), true);
    assert.equal(isSeen(nested(), ({ data }) => (data.user.name = "bob")), true);
    const loop = nested();
    loop.tags.push(loop);
    assert.equal(isSeen(loop), false);
    assert.equal(isSeen(loop, ({ data }) => (data.tags[2].user.name = "bob")), true);
    let deep: any = {};
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    assert.equal(isSeen({ deep }), false);
  });

  test("does not trust data that cannot be read", () => {
    const fail = (): never => {
      throw new Error("unreadable");
    };
    assert.equal(isSeen(Object.defineProperty({}, "name", { enumerable: true, get: fail })), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => Object.defineProperty(data, "name", { enumerable: true, get: fail })), true);
  });

  test("does not trust what a glance cannot tell", () => {
    for (const value of [() => {}, Symbol("mark"), new Date(0), new Map(), new (class {})(), new (class extends Array {})()]) {
      assert.equal(isSeen(value), true);
      assert.equal(isSeen({ value }), true);
      assert.equal(isSeen({ list: [value] }), true);
    }
  });
});

test("an event of a client with nested auth and data costs no snapshot where it changes neither", async () => {
  let changes = 0;
  const io = new MemoryServer({}, { changed: () => (changes += 1) });
  io.on("connection", (socket) => {
    socket.data.tags = [];
    socket.on("tag", (tag) => socket.data.tags.push(tag));
    socket.on("look", () => {});
  });
  const { client, socket } = await join(io, "/", { list: [{}, {}] });
  const changesBy = async (packet: string): Promise<boolean> => {
    io.snapshot(socket.conn);
    changes = 0;
    await client.say(packet);
    return changes > 0;
  };
  assert.equal(await changesBy('2["look"]'), false);
  assert.equal(await changesBy('2["tag","new"]'), true);
  assert.equal(await changesBy('2["look"]'), false);
});
