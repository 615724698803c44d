import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "#test";
import { peekEvent } from "../../src/wire/json-peek.ts";

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\n", "\r"), maxLength: 3 });
/** The same text in JSON, each of its units escaped or not. */
const name = fc.array(fc.tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), fc.boolean()), { maxLength: 8 }).map((units) =>
  units.map(([unit, isEscaped]) => (isEscaped ? escapeAll(unit) : JSON.stringify(unit).slice(1, -1))).join(""),
);
const json = fc.oneof(
  fc.tuple(space, space, name, space).map(([before, inside, text, after]) => `${before}[${inside}"${text}"${after},1]`),
  fc.string({ unit: fc.constantFrom(" ", "\n", "[", "]", '"', "\\", "u", "0", "6", "1", "a", "n", ","), maxLength: 20 }),
);
const head = fc.constantFrom("2", "27", "51-", "52-/nsp,3", "2/nsp,", "2/nsp,12");

function escapeAll(text: string): string {
  return [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}

/** What the whole says; `undefined` where it is no event with a text for a name. */
function parsedName(text: string): string | undefined {
  try {
    const whole: unknown = JSON.parse(text);
    const first: unknown = Array.isArray(whole) ? whole[0] : undefined;
    return typeof first === "string" ? first : undefined;
  } catch {
    return undefined;
  }
}

describe("peekEvent()", () => {
  test("says what JSON.parse() of the whole says", () => {
    fc.assert(
      fc.property(head, json, (start, rest) => {
        const expected = parsedName(rest);
        // What is no JSON is not let in, whatever it seems to be called.
        if (expected !== undefined) assert.equal(peekEvent(start + rest), expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("says nothing of what is no event", () => {
    for (const text of ["", "2", "2[", '2["', '2["a', '2["a\\', '2["a\\"', '2["\\x"]', '0["a"]', '3["a"]', '4["a"]', "2{}", '2"a"', '2/nsp["a"]']) {
      assert.equal(peekEvent(text), undefined, text);
    }
  });
});
