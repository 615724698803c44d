import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { decodeJsonp, encodeJsonp } from "../../src/wire/jsonp.ts";

const anyPayload = fc.string({ unit: fc.constantFrom("\\", "n", "\\n", "a", '"', "é", "\u{1f600}", "\u2028", "+", " ", "&", "=", "%", "</script>") });

/** What the released clients' form sends: line breaks escaped, and what looks like one before that. */
function formOf(payload: string): string {
  const escaped = payload.replaceAll("\\n", "\\\n").replaceAll("\n", "\\n");
  return new URLSearchParams({ d: escaped }).toString();
}

describe("JSONP (W-32)", () => {
  test("encodeJsonp() writes a script that calls back with the payload, on one line of any engine", () => {
    fc.assert(fc.property(anyPayload, (payload) => {
      const script = encodeJsonp("12", payload);
      assert.doesNotMatch(script, /[\n\u2028\u2029]/);
      const literal = /^___eio\[12\]\((".*")\);$/s.exec(script)?.[1];
      assert.equal(JSON.parse(literal!), payload);
    }));
  });

  test("decodeJsonp() gives back what a form sent", () => {
    fc.assert(fc.property(anyPayload, (payload) => assert.equal(decodeJsonp(formOf(payload)), payload)), { numRuns: 1000 });
    assert.equal(decodeJsonp("d=a%5Cnb"), "a\nb");
  });

  for (const body of ["", "d", "x=1", "d=1&d=2", "d=1&e=2", "e=1&d=2", "d=%", "d=%ff", "5:42[1]"]) {
    test(`decodeJsonp() reads no payload in ${JSON.stringify(body)}`, () => {
      assert.equal(decodeJsonp(body), undefined);
    });
  }

  test("decodeJsonp() is linear in backslashes", () => {
    const time = (n: number): number => {
      const body = `d=${"%5C".repeat(n)}`;
      const start = performance.now();
      decodeJsonp(body);
      return performance.now() - start;
    };
    time(10_000);
    assert.ok(time(300_000) < 1_000);
  });
});
