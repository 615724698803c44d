import assert from "node:assert/strict";
import { test } from "#test";
import fc from "fast-check";
import { isLonger, utf8Length } from "../../src/wire/utf8.ts";

const encoder = new TextEncoder();

test("utf8Length() is what an encoder makes of it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(utf8Length(text), encoder.encode(text).length);
  }));
});

test("isLonger() tells the limit from one byte more", () => {
  for (const message of ["aaaa", "é\u00e9", "😀", new Uint8Array(4)]) {
    assert.deepEqual([isLonger(message, 4), isLonger(message, 3)], [false, true]);
  }
});
