import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import type { CodecLimits, Message } from "../../src/wire/codec.ts";
import { createJsonCodec } from "../../src/wire/json-codec.ts";
import { type Packet, PacketError, PacketType } from "../../src/wire/packet.ts";
import { LIMITS } from "./limits.ts";
import { anyPacket } from "./packets.ts";

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;
const placeholder = (num: number) => `{"_placeholder":true,"num":${num}}`;

describe("receive()", () => {
  const limits: CodecLimits = {
    maxArguments: 3,
    maxDepth: 4,
    maxAttachments: 2,
    maxReassemblyBytes: 16,
    maxAckIdDigits: 4,
    maxNamespaceLength: 40,
  };
  const codec = createJsonCodec(limits);

  /** Text that gets far: pieces of packets in some order. */
  const piece = fc.constantFrom(
    ..."0123456789-/,[]{}\"\\: x\n",
    '["a"]',
    '["a",',
    "/admin,",
    "1-",
    placeholder(0),
    placeholder(1),
    '"__proto__":',
    "\u{1F600}",
    "\ud800",
  );
  const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));

  const inObject = `{"b":[${placeholder(0)}]}`;
  const argument = fc.constantFrom(placeholder(0), placeholder(0), placeholder(1), inObject, "[[[]]]");

  /** Packets with attachments of which each part is now and then wrong. */
  const nearly = fc
    .record({
      head: fc.constantFrom("51-", "52-", "53-", "50-", "61-", "62-", "2", "3"),
      nsp: fc.constantFrom("", "", "/admin,", "/admin"),
      id: fc.constantFrom("", "", "7", "0012", "99999"),
      first: fc.constantFrom('"a"', '"a"', "1", placeholder(0), '"disconnect"'),
      rest: fc.array(argument, { maxLength: 4 }),
      attachments: fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 3 }),
    })
    .map(({ head, nsp, id, first, rest, attachments }) => [
      `${head}${nsp}${id}[${[first, ...rest].join(",")}]`,
      ...attachments,
    ]);

  /** A packet's own messages with one character changed, cut out or doubled. */
  const mutated = fc.tuple(anyPacket, fc.nat(), fc.nat(2), fc.string({ minLength: 1, maxLength: 1 })).map(
    ([packet, where, how, character]) => {
      const [text, ...attachments] = createJsonCodec({ ...LIMITS, maxAttachments: Infinity }).encode(packet);
      const whole = text as string;
      const at = where % whole.length;
      const put = how === 0 ? "" : how === 1 ? character : whole[at]! + whole[at]!;
      return [whole.slice(0, at) + put + whole.slice(at + 1), ...attachments];
    },
  );
  const noise = fc.oneof(pieces, fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 12 }));
  const messages: fc.Arbitrary<Message[]> = fc.oneof(
    fc.array(noise, { maxLength: 10 }),
    mutated,
    fc.array(fc.oneof(mutated, nearly, nearly), { maxLength: 4 }).map((each) => each.flat()),
  );

  test("receive() returns one of its three answers, and stays within its limits, when given anything", () => {
    fc.assert(
      fc.property(messages, (input) => {
        const decoder = codec.createDecoder();
        for (const message of input) {
          const answer = decoder.receive(message);
          assert.equal(decoder.pending, answer === undefined);
          assert.ok(decoder.pendingBytes <= limits.maxReassemblyBytes);
          if (answer !== undefined && !(answer instanceof PacketError)) checkPacket(answer);
        }
      }),
      { numRuns: 3000 },
    );
  });

  function checkPacket(packet: Packet): void {
    const { type, nsp, data, id } = packet;
    assert.ok(nsp.startsWith("/") && !nsp.includes(","));
    assert.ok(new TextEncoder().encode(nsp).length <= limits.maxNamespaceLength);
    assert.ok(id === undefined || (Number.isInteger(id) && id >= 0 && id <= 9999));
    assert.ok([CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR].includes(type as 0));
    if (type === EVENT || type === ACK) assert.ok(Array.isArray(data) && data.length <= 4);
    // A packet that was accepted can be sent, and is then read as the same; a placeholder used twice counts twice.
    const again = createJsonCodec({ ...limits, maxAttachments: Infinity, maxReassemblyBytes: Infinity });
    const decoder = again.createDecoder();
    const sent = again.encode(packet);
    const answers = sent.map((message) => decoder.receive(message));
    assert.deepEqual(again.encode(answers.at(-1) as Packet), sent);
  }
});
