import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "../../src/wire/base64.ts";
import { CountingText } from "./counting-text.ts";

const anyBytes = fc.uint8Array({ maxLength: 300 });

describe("encodeBase64()", () => {
  test("encodeBase64() writes what Buffer writes when given any bytes", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
      }),
    );
  });

  test("encodeBase64() writes the vectors of RFC 4648", () => {
    const vectors = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
    for (const [length, encoded] of vectors.entries()) {
      assert.equal(encodeBase64(new TextEncoder().encode("foobar".slice(0, length))), encoded);
    }
  });

  test("encodeBase64() reads only its window when given a view into a larger buffer", () => {
    assert.equal(encodeBase64(new Uint8Array([9, 102, 111, 9]).subarray(1, 3)), "Zm8=");
  });

  test("encodeBase64() is whole when given a megabyte", () => {
    const bytes = new Uint8Array(1_000_001).map((_, at) => at * 31);
    assert.equal(encodeBase64(bytes), Buffer.from(bytes).toString("base64"));
  });
});

describe("decodeBase64()", () => {
  test("decodeBase64() gives back the bytes when given what encodeBase64() wrote", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
      }),
    );
  });

  test("decodeBase64() starts at an index when given one", () => {
    assert.deepEqual(decodeBase64("bZm8=", 1), new Uint8Array([102, 111]));
    assert.deepEqual(decodeBase64("b", 1), new Uint8Array(0));
  });

  test("decodeBase64() accepts only the one spelling of any bytes when given random text", () => {
    const character = fc.constantFrom(..."AQgwZ09+/=", "-", "_", " ", "\n", "é", "Ā");
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
        const bytes = decodeBase64(text);
        const canonical = Buffer.from(text, "base64").toString("base64") === text;
        assert.equal(bytes !== undefined, canonical);
        if (bytes !== undefined) assert.equal(encodeBase64(bytes), text);
      }),
      { numRuns: 2000 },
    );
  });

  for (const [why, text] of [
    ["a pad is missing", "Zg="],
    ["all pads are missing", "Zg"],
    ["there is one character", "Z"],
    ["there are only pads", "===="],
    ["there are three pads", "Z==="],
    ["a pad stands inside", "Zg==Zg=="],
    ["a pad stands before the last character", "Zm=v"],
    ["bits are left over after two characters", "Zh=="],
    ["bits are left over after three characters", "Zm9="],
    ["there is white space", "Zm9v\n"],
    ["there is white space of four characters", "Zm9v    "],
    ["the alphabet is that of URLs", "-_-_"],
    ["a character is beyond ASCII", "Zm9\u0176"],
    ["a character has the low byte of a good one", "Zm9\u0476"],
  ] as const) {
    test(`decodeBase64() refuses when ${why}`, () => assert.equal(decodeBase64(text), undefined));
  }

  test("decodeBase64() looks at each character a fixed number of times when the text grows", () => {
    for (const size of [1000, 2000, 4000]) {
      const text = new CountingText(encodeBase64(new Uint8Array(size)));
      assert.ok(decodeBase64(text.asString()) !== undefined);
      assert.ok(text.steps <= text.length + 8, `${text.steps} steps for ${text.length} characters`);
    }
  });
});
