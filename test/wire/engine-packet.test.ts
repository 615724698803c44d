import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { decodeEnginePacket, encodeEnginePacket, type EnginePacket } from "../../src/wire/engine-packet.ts";

const types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

const textPacket = fc.record({ type: fc.constantFrom(...types), data: fc.string({ unit: "binary" }) });
const binaryPacket = fc.record({ type: fc.constant("message" as const), data: fc.uint8Array({ minLength: 1 }) });
const anyPacket: fc.Arbitrary<EnginePacket> = fc.oneof(textPacket, binaryPacket);

describe("encodeEnginePacket()", () => {
  test("encodeEnginePacket() writes a digit and the data when the data is text", () => {
    const written = types.map((type) => encodeEnginePacket({ type, data: "x" }));
    assert.deepEqual(written, ["0x", "1x", "2x", "3x", "4x", "5x", "6x"]);
    assert.equal(encodeEnginePacket({ type: "ping", data: "probe" }), "2probe");
    assert.equal(encodeEnginePacket({ type: "noop", data: "" }), "6");
  });

  test("encodeEnginePacket() writes b and base64 when the data is bytes (W-29)", () => {
    assert.equal(encodeEnginePacket({ type: "message", data: new Uint8Array([1, 2, 3, 4]) }), "bAQIDBA==");
  });
});

describe("decodeEnginePacket()", () => {
  test("decodeEnginePacket() gives back any packet when encoded", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        assert.deepEqual(decodeEnginePacket(encodeEnginePacket(packet)), { ...packet });
      }),
    );
  });

  test("decodeEnginePacket() accepts only what is written so again when given random text", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."0123456789bAQgw=") }),
      fc.tuple(fc.constantFrom(..."04b"), fc.base64String()).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (packet) => {
        const decoded = decodeEnginePacket(packet);
        if (decoded !== undefined) assert.equal(encodeEnginePacket(decoded), packet);
      }),
      { numRuns: 1000 },
    );
  });

  test("decodeEnginePacket() accepts an empty message when there is nothing after the 4", () => {
    assert.deepEqual(decodeEnginePacket("4"), { type: "message", data: "" });
  });

  const refused = ["", "7", "9", "a", "x", " ", "\0", "/", ":", "-1", "٤", "B", "BAQ=="];
  refused.push("b!!!!", "bAQ", "bAQ==\n");
  for (const text of refused) {
    test(`decodeEnginePacket() refuses when given ${JSON.stringify(text)} (P01 P02 P10 W14)`, () => {
      assert.equal(decodeEnginePacket(text), undefined);
    });
  }

  test("decodeEnginePacket() takes a message of no bytes, which clients send for an empty attachment", () => {
    assert.deepEqual(decodeEnginePacket("b"), { type: "message", data: new Uint8Array(0) });
  });
});
