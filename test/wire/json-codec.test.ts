import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import type { Message } from "../../src/wire/codec.ts";
import { createJsonCodec } from "../../src/wire/json-codec.ts";
import { type Packet, PacketError, PacketType } from "../../src/wire/packet.ts";
import { LIMITS } from "./limits.ts";
import { anyPacket } from "./packets.ts";

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR, BINARY_EVENT, BINARY_ACK } = PacketType;
const codec = createJsonCodec(LIMITS);
const roomy = createJsonCodec({ ...LIMITS, maxAttachments: Infinity });
const bytes = new Uint8Array([1, 2, 3]);

/** Decodes the messages of one packet; only the last may complete it. */
function decode(messages: readonly Message[], decoder = roomy.createDecoder()): Packet | PacketError | undefined {
  for (const message of messages.slice(0, -1)) {
    const early = decoder.receive(message);
    if (early !== undefined) return assert.fail(`complete too early: ${JSON.stringify(early)}`);
    assert.equal(decoder.pending, true);
  }
  const packet = decoder.receive(messages.at(-1)!);
  assert.equal(decoder.pending, false);
  return packet;
}

describe("encode()", () => {
  const rows: [what: string, packet: Packet, messages: Message[]][] = [
    ["a CONNECT", { type: CONNECT, nsp: "/" }, ["0"]],
    ["a CONNECT with data", { type: CONNECT, nsp: "/", data: { sid: "a" } }, ['0{"sid":"a"}']],
    ["a CONNECT of a namespace (W-47)", { type: CONNECT, nsp: "/admin", data: { sid: "a" } }, ['0/admin,{"sid":"a"}']],
    ["a DISCONNECT (W-51)", { type: DISCONNECT, nsp: "/" }, ["1"]],
    ["a DISCONNECT of a namespace (W-51)", { type: DISCONNECT, nsp: "/admin" }, ["1/admin,"]],
    ["an EVENT", { type: EVENT, nsp: "/", data: ["a", 1] }, ['2["a",1]']],
    ["an EVENT with an id", { type: EVENT, nsp: "/", data: ["a"], id: 0 }, ['20["a"]']],
    ["an EVENT of a namespace", { type: EVENT, nsp: "/admin", data: ["a"] }, ['2/admin,["a"]']],
    ["an EVENT of a namespace, with an id", { type: EVENT, nsp: "/admin", data: ["a"], id: 12 }, ['2/admin,12["a"]']],
    ["an ACK", { type: ACK, nsp: "/admin", data: [], id: 13 }, ["3/admin,13[]"]],
    [
      "a CONNECT_ERROR (W-49)",
      { type: CONNECT_ERROR, nsp: "/admin", data: { message: "no" } },
      ['4/admin,{"message":"no"}'],
    ],
    ["a CONNECT_ERROR with text (W-50)", { type: CONNECT_ERROR, nsp: "/", data: "no" }, ['4"no"']],
    [
      "an EVENT with bytes (W-53)",
      { type: EVENT, nsp: "/", data: ["a", bytes] },
      ['51-["a",{"_placeholder":true,"num":0}]', bytes],
    ],
    [
      "an ACK with bytes",
      { type: ACK, nsp: "/admin", data: [{ b: bytes }, bytes], id: 456 },
      ['62-/admin,456[{"b":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]', bytes, bytes],
    ],
    ["a BINARY_EVENT without bytes", { type: BINARY_EVENT, nsp: "/", data: ["a"] }, ['2["a"]']],
    ["a BINARY_ACK without bytes", { type: BINARY_ACK, nsp: "/", data: ["a"], id: 1 }, ['31["a"]']],
    [
      "a BINARY_EVENT",
      { type: BINARY_EVENT, nsp: "/", data: ["a", bytes] },
      ['51-["a",{"_placeholder":true,"num":0}]', bytes],
    ],
    [
      "an EVENT with quirks of JSON (W-54)",
      { type: EVENT, nsp: "/", data: ["a", undefined, new Date(0)] },
      ['2["a",null,"1970-01-01T00:00:00.000Z"]'],
    ],
  ];
  for (const [what, packet, messages] of rows) {
    test(`encode() writes ${JSON.stringify(messages[0])} when given ${what}`, () => {
      assert.deepEqual(codec.encode(packet), messages);
    });
  }

  test("encode() writes a packet without attachments when a toJSON() gives its bytes only once", () => {
    let asked = 0;
    const fickle = { toJSON: () => (asked++ === 0 ? bytes : "later") };
    assert.deepEqual(codec.encode({ type: EVENT, nsp: "/", data: ["a", fickle] }), ['2["a","later"]']);
  });

  test("encode() changes nothing when given a frozen packet with bytes", () => {
    const packet = Object.freeze({ type: EVENT, nsp: "/", data: Object.freeze(["a", Object.freeze({ bytes })]) });
    assert.equal(codec.encode(packet).length, 2);
    assert.equal(packet.data[1], packet.data[1]);
  });

  test("encode() throws what JSON.stringify throws when given a BigInt (W-54)", () => {
    assert.throws(() => codec.encode({ type: EVENT, nsp: "/", data: ["a", 1n] }), TypeError);
  });

  test("encode() names the option when there are more than maxAttachments", () => {
    const event = (count: number) => {
      const attachments = Array.from({ length: count }, () => bytes);
      return { type: EVENT, nsp: "/", data: ["a", ...attachments] };
    };
    assert.equal(codec.encode(event(10)).length, 11);
    assert.throws(() => codec.encode(event(11)), /maxAttachments/);
  });

  test("encode() names the option when data nests deeper than maxDepth", () => {
    const event = (inner: unknown) => ({ type: EVENT, nsp: "/", data: ["a", inner] });
    const nest = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown;
    assert.equal(decode(codec.encode(event(nest(255)))) instanceof PacketError, false);
    assert.throws(() => codec.encode(event(nest(256))), /maxDepth/);
  });
});

describe("createDecoder()", () => {
  test("receive() gives back any packet when encoded", () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        assert.deepEqual(decode(roomy.encode(packet)), packet);
      }),
      { numRuns: 500 },
    );
  });

  test("receive() gives back any packets when one decoder reads them all", () => {
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 8 }), (packets) => {
        const decoder = roomy.createDecoder();
        for (const packet of packets) assert.deepEqual(decode(roomy.encode(packet), decoder), packet);
      }),
    );
  });

  test("receive() hands attachments through the bytes factory when there is one", () => {
    const given: Uint8Array[] = [];
    const decoder = createJsonCodec(LIMITS, (data) => {
      given.push(data);
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }).createDecoder();
    const packet = decode(codec.encode({ type: EVENT, nsp: "/", data: ["a", bytes] }), decoder);
    assert.ok(packet !== undefined && !(packet instanceof PacketError));
    const [, received] = packet.data as unknown[];
    assert.ok(Buffer.isBuffer(received));
    assert.deepEqual([...received], [1, 2, 3]);
    assert.deepEqual(given, [bytes]);
  });
});
