import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { nativeUnmask, unmask, unmaskWords } from "../../runtimes/node/unmask.ts";

const masks = fc.uint8Array({ minLength: 4, maxLength: 4 });
const payloads = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 250, maxLength: 300 }));

/** Byte by byte, as the RFC has it. */
function masked(payload: Uint8Array, mask: Uint8Array): Uint8Array {
  return payload.map((byte, at) => byte ^ mask[at & 3]!);
}

/** `bytes` at `offset` from where words begin, with as many bytes of something else behind them. */
function placed(bytes: Uint8Array, offset: number): Buffer {
  const room = Buffer.allocUnsafeSlow(2 * offset + bytes.length).fill(0xaa);
  room.set(bytes, offset);
  return room.subarray(offset, offset + bytes.length);
}

describe("unmasking", () => {
  for (const [name, unmaskAll] of Object.entries({ "word by word": unmaskWords, "with bufferutil": nativeUnmask })) {
    test(`${name}, wherever the payload lies`, () => {
      const long = fc.uint8Array({ minLength: 8, maxLength: 300 });
      fc.assert(fc.property(long, masks, fc.nat(16), (payload, mask, offset) => {
        const bytes = placed(masked(payload, mask), offset);
        unmaskAll!(bytes, Buffer.from(mask));
        assert.deepEqual([...bytes], [...payload]);
        const around = [...new Uint8Array(bytes.buffer)].filter((_, at) => at < offset || at >= offset + payload.length);
        assert.ok(around.every((byte) => byte === 0xaa));
      }));
    });
  }

  test("of a frame, tells which bits its bytes have where it is short", () => {
    fc.assert(fc.property(payloads, masks, fc.nat(16), (payload, mask, offset) => {
      const bytes = placed(Buffer.concat([mask, masked(payload, mask)]), offset);
      const seen = unmask(bytes, 4, bytes.length);
      assert.deepEqual([...bytes.subarray(4)], [...payload]);
      assert.equal(seen, payload.length < 256 ? payload.reduce((bits, byte) => bits | byte, 0) : 0x80);
    }));
  });
});
