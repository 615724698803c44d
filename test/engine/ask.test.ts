import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "#test";
import { readQuery } from "../../src/engine/ask.ts";

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
