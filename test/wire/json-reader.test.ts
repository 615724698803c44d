import assert from "node:assert/strict";
import { describe, test } from "#test";
import { readPacket } from "../../src/wire/json-reader.ts";
import { CountingText } from "./counting-text.ts";
import { LIMITS } from "./limits.ts";

/** Texts that might make a careless reader look twice, by their size. */
const FAMILIES: Record<string, (n: number) => string> = {
  "a long string": (n) => `2["a","${"x".repeat(n)}"]`,
  "many short strings": (n) => `2["a",[${'"x",'.repeat(n / 4)}1]]`,
  "many numbers": (n) => `2["a",[${"1,".repeat(n / 2)}1]]`,
  "many objects": (n) => `2["a",[${'{"b":1},'.repeat(n / 8)}1]]`,
  "many arguments": (n) => `2["a"${",1".repeat(n / 2)}]`,
  "deep arrays": (n) => `2${"[".repeat(n / 2)}${"]".repeat(n / 2)}`,
  "deep objects": (n) => `2${'{"a":'.repeat(n / 6)}1${"}".repeat(n / 6)}`,
  "arrays never closed": (n) => `2${"[".repeat(n)}`,
  "arrays never opened": (n) => `2${"]".repeat(n)}`,
  "a string never closed": (n) => `2["${"x".repeat(n)}`,
  "many quotes": (n) => `2${'"'.repeat(n)}`,
  "many escaped quotes": (n) => `2["${'\\"'.repeat(n / 2)}"]`,
  "many backslashes": (n) => `2["${"\\".repeat(n)}"]`,
  "many digits as type": (n) => "9".repeat(n),
  "a long ack id": (n) => `2${"1".repeat(n)}["a"]`,
  "a long ack id of zeros": (n) => `2${"0".repeat(n)}["a"]`,
  "a long ack id without payload": (n) => `2${"1".repeat(n)}`,
  "a long attachment count": (n) => `5${"1".repeat(n)}-["a"]`,
  "an attachment count never ended": (n) => `5${"1".repeat(n)}`,
  "many dashes": (n) => `5${"-".repeat(n)}`,
  "a long namespace": (n) => `0/${"a".repeat(n)},`,
  "a namespace never ended": (n) => `0/${"a".repeat(n)}`,
  "a namespace of slashes": (n) => `0${"/".repeat(n)}`,
  "many commas": (n) => `0/${",".repeat(n)}`,
  "white space": (n) => `2${" ".repeat(n)}["a"]`,
  "nothing but white space": (n) => `2${"\n".repeat(n)}`,
  "a namespace, an id and a long string": (n) => `2/admin,12["a","${"é".repeat(n)}"]`,
  "characters of four bytes": (n) => `2["a","${"😀".repeat(n / 2)}"]`,
  "halves of surrogate pairs": (n) => `0/${"\ud800".repeat(n)},`,
  "many placeholders": (n) => `51-["a",[${'{"_placeholder":true,"num":0},'.repeat(n / 30)}1]]`,
};

describe("readPacket()", () => {
  for (const [name, make] of Object.entries(FAMILIES)) {
    test(`readPacket() looks at each character a fixed number of times when given ${name} (G10)`, () => {
      for (const n of [3000, 6000, 12_000]) {
        const text = new CountingText(make(n));
        readPacket(text.asString(), LIMITS);
        assert.ok(text.steps <= 4 * text.length, `${text.steps} steps for ${text.length} characters`);
      }
    });
  }

  test("readPacket() copies nothing of a namespace when it is far too long (S25)", () => {
    const text = new CountingText(`0/${"a".repeat(500_000)},`);
    readPacket(text.asString(), LIMITS);
    assert.ok(text.steps < text.length + 10);
  });
});
