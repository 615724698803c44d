import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { Batch } from "../../src/wire/batch.ts";
import type { Message } from "../../src/wire/codec.ts";
import type { EnginePacket } from "../../src/wire/engine-packet.ts";
import type { PayloadSlice } from "../../src/wire/engine-payload.ts";
import {
  bytesEntrySizeV3,
  decodeBytesPayloadV3,
  decodeFrameV3,
  decodeTextPayloadV3,
  encodeBytesPayloadV3,
  encodeFrameV3,
  encodeTextPayloadV3,
  encodeTextV3,
} from "../../src/wire/engine-v3.ts";
import { CountingText } from "./counting-text.ts";

const anyText = fc.string({ unit: "grapheme" });
const anyMessage: fc.Arbitrary<Message> = fc.oneof(anyText, fc.uint8Array());
const anyMessages = fc.array(anyMessage, { minLength: 1 });

const messageOf = (data: Message): EnginePacket => ({ type: "message", data });

/** Reads a payload slice after slice. */
function decodeAll(decode: (from: number) => PayloadSlice) {
  const packets: EnginePacket[] = [];
  for (let next = 0; next !== -1; ) {
    const slice = decode(next);
    assert.ok(slice.next === -1 || slice.next > next, "each slice makes progress");
    packets.push(...slice.packets);
    if (slice.malformed) return { packets, malformed: true };
    next = slice.next;
  }
  return { packets, malformed: false };
}

const bytes = (...parts: (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [part])));

describe("frames", () => {
  test("decodeFrameV3() gives back what encodeFrameV3() wrote (W-35)", () => {
    fc.assert(fc.property(anyMessage, (message) => {
      assert.deepEqual(decodeFrameV3(encodeFrameV3(message)), messageOf(message));
      assert.deepEqual(decodeFrameV3(encodeTextV3(message)), messageOf(message));
    }));
  });

  test("encodeFrameV3() puts 04 before bytes, and 4 before text", () => {
    assert.deepEqual(encodeFrameV3(bytes(1, 2)), bytes(4, 1, 2));
    assert.equal(encodeFrameV3("a"), "4a");
    assert.equal(encodeTextV3(bytes(1, 2)), "b4AQI=");
  });

  for (const frame of ["", "7", "x", "b", "b4!", "b2AQI=", "bAQI=", bytes(), bytes(2), bytes(0x34, 1), bytes(5, 1)]) {
    test(`decodeFrameV3() reads no packet in ${JSON.stringify(frame)}`, () => {
      assert.equal(decodeFrameV3(frame), undefined);
    });
  }
});

describe("payloads", () => {
  test("decodeTextPayloadV3() gives back the messages when read in slices of any size (W-30)", () => {
    fc.assert(fc.property(anyMessages, fc.integer({ min: 1, max: 12 }), (messages, maxPackets) => {
      const payload = encodeTextPayloadV3(messages.map(encodeTextV3));
      const read = decodeAll((from) => decodeTextPayloadV3(payload, from, maxPackets));
      assert.deepEqual(read, { packets: messages.map(messageOf), malformed: false });
    }));
  });

  test("decodeBytesPayloadV3() gives back the messages when read in slices of any size (W-31)", () => {
    // Half of a surrogate pair has no UTF-8.
    const anyFrame = fc.oneof(anyText, fc.uint8Array());
    fc.assert(fc.property(fc.array(anyFrame, { minLength: 1 }), fc.integer({ min: 1, max: 12 }), (messages, maxPackets) => {
      const payload = encodeBytesPayloadV3(messages.map(encodeFrameV3));
      const read = decodeAll((from) => decodeBytesPayloadV3(payload, from, maxPackets));
      assert.deepEqual(read, { packets: messages.map(messageOf), malformed: false });
    }));
  });

  test("encodeTextPayloadV3() counts UTF-16 units, encodeBytesPayloadV3() bytes", () => {
    assert.equal(encodeTextPayloadV3(["4é\u{1f600}", "2"]), "4:4é\u{1f600}1:2");
    assert.deepEqual(encodeBytesPayloadV3(["4é", bytes(4, 7)]), bytes(0, 3, 255, "4é", 1, 2, 255, 4, 7));
    assert.deepEqual(encodeBytesPayloadV3(["4".repeat(120)]).slice(0, 5), bytes(0, 1, 2, 0, 255));
  });

  test("bytesEntrySizeV3() is what an entry takes", () => {
    for (const length of [1, 9, 10, 99, 100, 1000]) {
      assert.equal(encodeBytesPayloadV3([new Uint8Array(length)]).length, bytesEntrySizeV3(length));
    }
  });

  test("decodeBytesPayloadV3() keeps no part of the payload", () => {
    const { packets } = decodeBytesPayloadV3(bytes(1, 3, 255, 4, 8, 9), 0, 10);
    assert.equal((packets[0]!.data as Uint8Array).buffer.byteLength, 3);
  });

  for (const text of ["", "9:4a", "-1:4a", "a:4a", ":4a", "1", "1.0:2", "+1:2", " 1:2", "1:2x", "12345678901:2"]) {
    test(`decodeTextPayloadV3() finds ${JSON.stringify(text)} malformed (E01)`, () => {
      assert.equal(decodeTextPayloadV3(text, 0, 10).malformed, true);
    });
  }

  test("decodeTextPayloadV3() takes lengths of ten digits, and none of eleven", () => {
    assert.equal(decodeTextPayloadV3("0000000001:2", 0, 10).malformed, false);
    assert.equal(decodeTextPayloadV3("00000000001:2", 0, 10).malformed, true);
    assert.equal(decodeBytesPayloadV3(bytes(0, ...Array<number>(9).fill(0), 1, 255, "2"), 0, 10).malformed, false);
    assert.equal(decodeBytesPayloadV3(bytes(0, ...Array<number>(10).fill(0), 1, 255, "2"), 0, 10).malformed, true);
  });

  test("an entry without content is a noop (E03)", () => {
    const nothing = { type: "noop", data: "" };
    assert.deepEqual(decodeTextPayloadV3("0:1:20:", 0, 10).packets, [nothing, { type: "ping", data: "" }, nothing]);
    assert.deepEqual(decodeBytesPayloadV3(bytes(0, 0, 255, 1, 0, 255), 0, 10).packets, [nothing, nothing]);
  });

  test("a payload of random or changed bytes is read or malformed, never more (E06, E07)", () => {
    const noise = fc.oneof(fc.uint8Array(), fc.array(fc.constantFrom(0, 1, 2, 4, 9, 255, 0x32, 0x34, 0xc3)).map((list) => Uint8Array.from(list)));
    fc.assert(fc.property(noise, (payload) => void decodeAll((from) => decodeBytesPayloadV3(payload, from, 3))), { numRuns: 2000 });
    const valid = encodeBytesPayloadV3([encodeFrameV3("text é"), encodeFrameV3(bytes(1, 2)), "2"]);
    fc.assert(fc.property(fc.nat(valid.length - 1), fc.nat(255), (at, byte) => {
      decodeAll((from) => decodeBytesPayloadV3(Uint8Array.from(valid, (old, index) => (index === at ? byte : old)), from, 3));
      const ends = [11, 17];
      assert.equal(decodeBytesPayloadV3(valid.subarray(0, at), 0, 10).malformed, !ends.includes(at), `cut at ${at}`);
    }), { numRuns: 500 });
    const text = fc.string({ unit: fc.constantFrom("0", "1", "2", "4", ":", "b", "A", "=", "-", "é") });
    fc.assert(fc.property(text, (payload) => void decodeAll((from) => decodeTextPayloadV3(payload, from, 3))), { numRuns: 2000 });
  });

  test("decodeTextPayloadV3() looks at each character a fixed number of times", () => {
    const families: Record<string, (n: number) => string> = {
      "many noops": (n) => "1:6".repeat(n),
      "many nothings": (n) => "0:".repeat(n),
      "one long message": (n) => `${n + 1}:4${"x".repeat(n)}`,
      "digits": (n) => "1".repeat(n),
      "bytes": (n) => "6:b4AQI=".repeat(n),
    };
    for (const [name, make] of Object.entries(families)) {
      for (const n of [1000, 2000, 4000]) {
        const text = new CountingText(make(n));
        decodeAll((from) => decodeTextPayloadV3(text.asString(), from, 10));
        assert.ok(text.steps <= 4 * text.length, `${name}: ${text.steps} steps for ${text.length} characters`);
      }
    }
  });
});

describe("Batch#v3", () => {
  test("is the batch itself where there are no bytes, so that all share their frames", () => {
    const batch = new Batch(["2[\"a\"]"]);
    assert.equal(batch.v3, batch);
  });

  test("makes each form once", () => {
    const batch = new Batch(["51-[]", bytes(1)], false);
    const { v3 } = batch;
    assert.equal(batch.v3, v3);
    assert.deepEqual(v3.frames, ["451-[]", bytes(4, 1)]);
    assert.deepEqual(v3.packets, ["451-[]", "b4AQ=="]);
    assert.equal(v3.frames, v3.frames);
    assert.equal(v3.packets, v3.packets);
    assert.deepEqual([v3.size, v3.compress], [batch.size, false]);
  });
});
