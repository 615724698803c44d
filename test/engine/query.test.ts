import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "#test";
import { readParameters, readQuery } from "../../src/engine/query.ts";

test("readQuery() reads what URLSearchParams reads", () => {
  const part = fc.string({ unit: fc.constantFrom("a", "b", "=", "&", "%41", "%", "+", "~", "é", "#", "/") });
  fc.assert(fc.property(part, (text) => {
    const expected: Record<string, string | string[]> = {};
    for (const [name, value] of new URLSearchParams(text.split("#", 1)[0])) {
      const present = expected[name];
      expected[name] = present === undefined ? value : [present, value].flat();
    }
    assert.deepEqual({ ...readQuery(`/socket.io/?${text}`) }, expected);
  }));
});

test("readParameters() reads what readQuery() does, and says when one of the protocol's own is repeated", () => {
  const names = ["EIO", "transport", "sid", "j", "b64", "t"];
  const name = fc.constantFrom(...names, "x", "y", "%74", "t+");
  const pair = fc.tuple(name, fc.constantFrom("", "=", "=a", "=b%20c", "=a=b"));
  fc.assert(fc.property(fc.array(pair, { maxLength: 8 }), (pairs) => {
    const url = `/socket.io/?${pairs.map((both) => both.join("")).join("&")}`;
    const query = readQuery(url)!;
    const isRepeated = names.some((each) => Array.isArray(query[each]));
    const expected = isRepeated ? "repeated" : Object.fromEntries(names.map((each) => [each, query[each]]));
    assert.deepEqual(readParameters(url, 8), expected);
  }));
});

test("readParameters() takes as many parameters as it may, and no more", () => {
  assert.equal(typeof readParameters("/socket.io/?a=1&b=2", 2), "object");
  assert.equal(readParameters("/socket.io/?a=1&b=2&c=3", 2), "too many");
});
