import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Glance } from "../../src/server/glance.ts";

/** Whether it shows, once `change` has been applied to a holder of `data`. */
function isSeen(data: unknown, change: (holder: { data: any }, auth: any) => void = () => {}): boolean {
  const holder = { data };
  const auth = { token: "secret" };
  const glance = new Glance(holder, auth);
  change(holder, auth);
  return !glance.isCurrent;
}

describe("a glance at what can be changed in place", () => {
  test("sees that nothing has changed", () => {
    assert.equal(isSeen({}), false);
    assert.equal(isSeen({ name: "ada", count: NaN, big: 1n, none: undefined, nothing: null, is: true }), false);
    assert.equal(isSeen(Object.assign(Object.create(null), { name: "ada" })), false);
    assert.equal(isSeen({ name: "ada" }, (holder) => (holder.data = { name: "ada" })), false);
  });

  test("sees every change", () => {
    assert.equal(isSeen({}, ({ data }) => (data.name = "ada")), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => (data.name = "bob")), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => delete data.name), true);
    assert.equal(isSeen({ name: undefined }, (holder) => (holder.data = { other: undefined })), true);
    assert.equal(isSeen({ name: "ada" }, (holder) => (holder.data = "ada")), true);
    assert.equal(isSeen({ name: "ada" }, (holder) => (holder.data = null)), true);
    assert.equal(isSeen({}, (holder) => (holder.data = [])), true);
    assert.equal(isSeen({}, (_holder, auth) => (auth.token = "another")), true);
  });

  test("does not trust data that cannot be read", () => {
    const fail = (): never => {
      throw new Error("unreadable");
    };
    assert.equal(isSeen(Object.defineProperty({}, "name", { enumerable: true, get: fail })), true);
    assert.equal(isSeen({ name: "ada" }, ({ data }) => Object.defineProperty(data, "name", { enumerable: true, get: fail })), true);
  });

  test("does not trust what a glance cannot tell", () => {
    for (const data of [{ tags: [] }, { call() {} }, { mark: Symbol("mark") }, { since: new Date(0) }, new Map(), [], new (class {})(), "text", null]) {
      assert.equal(isSeen(data), true);
    }
  });
});
