import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { encodeEnginePacket, type EnginePacket } from "../../src/wire/engine-packet.ts";
import { decodePayload, encodePayload } from "../../src/wire/engine-payload.ts";
import { CountingText } from "./counting-text.ts";

const SEPARATOR = "\x1e";

const anyPacket: fc.Arbitrary<EnginePacket> = fc.oneof(
  fc.record({
    type: fc.constantFrom("open", "close", "ping", "pong", "message", "upgrade", "noop"),
    data: fc.string().filter((data) => !data.includes(SEPARATOR)),
  }),
  fc.record({ type: fc.constant("message" as const), data: fc.uint8Array({ minLength: 1 }) }),
);
const anyPackets = fc.array(anyPacket, { minLength: 1 });

/** Reads a payload slice after slice. */
function decodeAll(text: string, maxPackets: number) {
  const packets: EnginePacket[] = [];
  let slices = 0;
  for (let next = 0; next !== -1; slices++) {
    const slice = decodePayload(text, next, maxPackets);
    assert.ok(slice.packets.length <= maxPackets);
    assert.ok(slice.next === -1 || slice.next > next, "each slice makes progress");
    packets.push(...slice.packets);
    if (slice.malformed) {
      assert.equal(slice.next, -1);
      return { packets, slices, malformed: true };
    }
    next = slice.next;
  }
  return { packets, slices, malformed: false };
}

describe("encodePayload()", () => {
  test("encodePayload() joins by U+001E when there are several packets (W-29)", () => {
    assert.equal(encodePayload(["4a", "bAQ==", "2"]), `4a${SEPARATOR}bAQ==${SEPARATOR}2`);
    assert.equal(encodePayload(["4a"]), "4a");
  });
});

describe("decodePayload()", () => {
  test("decodePayload() gives back the packets when read in slices of any size", () => {
    fc.assert(
      fc.property(anyPackets, fc.integer({ min: 1, max: 12 }), (packets, maxPackets) => {
        const read = decodeAll(encodePayload(packets.map(encodeEnginePacket)), maxPackets);
        assert.equal(read.malformed, false);
        assert.deepEqual(
          read.packets,
          packets.map((packet) => ({ ...packet })),
        );
        assert.equal(read.slices, Math.ceil(packets.length / maxPackets));
      }),
    );
  });

  test("decodePayload() reads the same whatever the size of the slices when given random text", () => {
    const text = fc.string({ unit: fc.constantFrom("4", "2", "b", "A", "=", "x", SEPARATOR), maxLength: 30 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (payload, maxPackets) => {
        const sliced = decodeAll(payload, maxPackets);
        const whole = decodeAll(payload, Infinity);
        assert.deepEqual([sliced.packets, sliced.malformed], [whole.packets, whole.malformed]);
      }),
      { numRuns: 1000 },
    );
  });

  test("decodePayload() stops after maxPackets when there is more", () => {
    const text = encodePayload(["4a", "4b", "4c"]);
    const slice = decodePayload(text, 0, 2);
    assert.deepEqual(
      slice.packets.map((packet) => packet.data),
      ["a", "b"],
    );
    assert.deepEqual([slice.next, slice.malformed], [6, false]);
    assert.deepEqual(decodePayload(text, 6, 2), {
      packets: [{ type: "message", data: "c" }],
      next: -1,
      malformed: false,
    });
  });

  for (const [id, text, before] of [
    ["P01", "", 0],
    ["P02", "x", 0],
    ["P02", "7", 0],
    ["P02", `40${SEPARATOR}B`, 1],
    ["P03", `40${SEPARATOR}`, 1],
    ["P04", `${SEPARATOR}40`, 0],
    ["P10", "b!!!!", 0],
    ["P10", `40${SEPARATOR}bAQ${SEPARATOR}40`, 1],
    ["P01", `40${SEPARATOR}${SEPARATOR}40`, 1],
  ] as const) {
    test(`decodePayload() keeps ${before} packets when given ${JSON.stringify(text)} (${id})`, () => {
      const slice = decodePayload(text, 0, 1000);
      assert.equal(slice.packets.length, before);
      assert.deepEqual([slice.malformed, slice.next], [true, -1]);
    });
  }

  test("decodePayload() finds the trailing separator when it ends a slice (P03)", () => {
    const slice = decodePayload(`40${SEPARATOR}`, 0, 1);
    assert.deepEqual([slice.packets.length, slice.next, slice.malformed], [1, 3, false]);
    assert.deepEqual(decodePayload(`40${SEPARATOR}`, 3, 1), { packets: [], next: -1, malformed: true });
  });

  test("decodePayload() looks at each character a fixed number of times when read in slices (P12)", () => {
    const families: Record<string, (n: number) => string> = {
      "many noops": (n) => Array.from({ length: n }, () => "6").join(SEPARATOR),
      "one long message": (n) => "4" + "x".repeat(2 * n),
      "many separators": (n) => SEPARATOR.repeat(2 * n),
      "many messages of bytes": (n) => Array.from({ length: n / 2 }, () => "bAA==").join(SEPARATOR),
    };
    for (const [name, make] of Object.entries(families)) {
      for (const n of [1000, 2000, 4000]) {
        const text = new CountingText(make(n));
        decodeAll(text.asString(), 10);
        assert.ok(text.steps <= 3 * text.length, `${name}: ${text.steps} steps for ${text.length} characters`);
      }
    }
  });
});
