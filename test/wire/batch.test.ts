import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { SharedFrames } from "../../src/platform.ts";
import { Batch } from "../../src/wire/batch.ts";

const bytes = new Uint8Array([1, 2, 3]);

describe("Batch", () => {
  test("frames puts a 4 before text and leaves bytes alone when sent over WebSocket (W-35)", () => {
    const batch = new Batch(["51-[]", bytes]);
    assert.deepEqual(batch.frames, ["451-[]", bytes]);
    assert.equal(batch.frames[1], bytes, "the same bytes, not a copy");
  });

  test("packets writes bytes as base64 when sent over polling (W-29)", () => {
    assert.deepEqual(new Batch(["51-[]", bytes]).packets, ["451-[]", "bAQID"]);
  });

  test("frames and packets are made once when read again", () => {
    const batch = new Batch(["2[]", bytes]);
    assert.equal(batch.frames, batch.frames);
    assert.equal(batch.packets, batch.packets);
  });

  test("size counts UTF-16 units, bytes and 64 a message when asked", () => {
    assert.equal(new Batch(["2é😀", bytes]).size, 4 + 3 + 2 * 64);
    assert.equal(new Batch([]).size, 0);
  });

  test("compress is true when left out", () => {
    assert.equal(new Batch([]).compress, true);
    assert.equal(new Batch([], false).compress, false);
  });

  test("prebuilt is free for the runtime when made", () => {
    const shared: SharedFrames = new Batch(["2[]"]);
    assert.equal(shared.prebuilt, undefined);
    shared.prebuilt = bytes;
    assert.equal(shared.prebuilt, bytes);
  });
});
