/** Every decoder, what it is fed, and its contract: never a throw, results of the stated shape, no packet lost between two slices. */
import assert from "node:assert/strict";
import fc, { type Arbitrary } from "fast-check";
import parser from "socket.io-msgpack-parser";
import { resolveLimits } from "../../src/engine/limits.ts";
import { codecOf } from "../../src/server/parser.ts";
import type { Codec, Message } from "../../src/wire/codec.ts";
import { decodeEnginePacket, encodeEnginePacket } from "../../src/wire/engine-packet.ts";
import { decodePayload, type PayloadSlice } from "../../src/wire/engine-payload.ts";
import { decodeBytesPayloadV3, decodeFrameV3, decodeTextPayloadV3 } from "../../src/wire/engine-v3.ts";
import { createJsonCodec } from "../../src/wire/json-codec.ts";
import { decodeJsonp } from "../../src/wire/jsonp.ts";
import { peekEvent } from "../../src/wire/json-peek.ts";
import { PacketError } from "../../src/wire/packet.ts";
import { MemoryHost } from "../memory/host.ts";
import { bytesPayloadV3, enginePacket, payload, payloadV3, socketPacket } from "./grammar.ts";

/** A message as JSON keeps it: bytes are an array. */
export type Kept = string | readonly number[];

interface Decoder {
  readonly input: Arbitrary<readonly Kept[]>;
  /** Throws when the contract does not hold. */
  check(input: readonly Kept[]): void;
}

const limits = resolveLimits({ maxArguments: 8, maxDepth: 20, maxReassemblyBytes: 30 }, 1e6);
const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const bytes = fc.uint8Array({ maxLength: 20 });
const kept = (array: Uint8Array): readonly number[] => Array.from(array);
const asMessage = (message: Kept): Message => (typeof message === "string" ? message : Uint8Array.from(message));
const one = <T extends Kept>(arbitrary: Arbitrary<T>): Arbitrary<readonly Kept[]> => arbitrary.map((each) => [each]);
const several = (arbitrary: Arbitrary<Kept>): Arbitrary<readonly Kept[]> => fc.array(arbitrary, { minLength: 1, maxLength: 5 });

export const decoders: Readonly<Record<string, Decoder>> = {
  "engine packet": {
    input: one(enginePacket),
    check([text]) {
      const packet = decodeEnginePacket(text as string);
      if (packet === undefined) return;
      assert(TYPES.includes(packet.type));
      assert.deepEqual(decodeEnginePacket(encodeEnginePacket(packet)), packet);
    },
  },
  payload: { input: one(payload), check: ([text]) => checkSlices((from, count) => decodePayload(text as string, from, count)) },
  "payload of revision 3": {
    input: one(payloadV3),
    check: ([text]) => checkSlices((from, count) => decodeTextPayloadV3(text as string, from, count)),
  },
  "payload of bytes of revision 3": {
    input: one(bytesPayloadV3.map(kept)),
    check: ([array]) => checkSlices((from, count) => decodeBytesPayloadV3(Uint8Array.from(array as number[]), from, count)),
  },
  "frame of revision 3": {
    input: one(fc.oneof(enginePacket, bytes.map(kept))),
    check([frame]) {
      const packet = decodeFrameV3(asMessage(frame!));
      assert(packet === undefined || TYPES.includes(packet.type));
    },
  },
  "form of JSONP": {
    input: one(fc.oneof(payload, payload.map((text) => `d=${new URLSearchParams([["", text]]).toString().slice(1)}`), payload.map((text) => `d=${text}`))),
    check: ([body]) => void decodeJsonp(body as string),
  },
  "name of an event": { input: one(socketPacket), check: ([text]) => void peekEvent(text as string) },
  "packets as JSON": {
    input: several(fc.oneof({ weight: 3, arbitrary: socketPacket }, { weight: 1, arbitrary: bytes.map(kept) })),
    check: (messages) => checkPackets(createJsonCodec(limits), messages),
  },
  "packets as msgpack": {
    input: several(fc.oneof(msgpack().map(kept), socketPacket, bytes.map(kept))),
    check: (messages) => checkPackets(codecOf(parser, limits, new MemoryHost()), messages),
  },
};

/** Reading in small slices gives what reading at once gives. */
function checkSlices(read: (from: number, count: number) => PayloadSlice): void {
  const whole = read(0, Infinity);
  assert.equal(whole.next, -1);
  const packets = [];
  for (let from = 0; from !== -1; ) {
    const slice = read(from, 2);
    assert(slice.packets.length <= 2);
    assert(slice.next === -1 || slice.next > from, "no progress");
    packets.push(...slice.packets);
    if (slice.next === -1) assert.equal(slice.malformed, whole.malformed);
    from = slice.next;
  }
  assert.deepEqual(packets, whole.packets);
}

/** What a decoder gives is within its limits, and it starts afresh after an error. */
function checkPackets(codec: Codec, messages: readonly Kept[]): void {
  const decoder = codec.createDecoder();
  for (const message of messages) {
    const packet = decoder.receive(asMessage(message));
    assert(decoder.pendingBytes <= limits.maxReassemblyBytes + 1, "too much is held");
    if (packet instanceof PacketError) assert.equal(decoder.pending, false, "held after an error");
    if (packet === undefined || packet instanceof PacketError) continue;
    assert([0, 1, 2, 3, 4].includes(packet.type), `type ${packet.type}`);
    assert.equal(packet.nsp[0], "/");
    assert(new TextEncoder().encode(packet.nsp).length <= limits.maxNamespaceLength);
    assert(packet.id === undefined || Number.isSafeInteger(packet.id) && packet.id >= 0);
    if (packet.type === 2 || packet.type === 3) assert(Array.isArray(packet.data) && packet.data.length <= limits.maxArguments + 1);
    if (packet.type === 2) assert(["string", "number"].includes(typeof (packet.data as unknown[])[0]));
  }
  decoder.reset();
  assert.deepEqual([decoder.pending, decoder.pendingBytes], [false, 0]);
}

/** Packets of msgpack, with bytes changed. */
function msgpack(): Arbitrary<Uint8Array> {
  const encoder = new parser.Encoder();
  const packet = fc.record({
    type: fc.oneof(fc.integer({ min: -1, max: 7 }), fc.constantFrom("2", null)),
    nsp: fc.oneof(fc.constantFrom("/", "/a", "a", "", 1, null), fc.string()),
    data: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.array(fc.jsonValue({ maxDepth: 1 })).map((args) => ["m", ...args])),
    id: fc.oneof(fc.constant(undefined), fc.integer(), fc.constantFrom("1", -1, 1.5, 2 ** 60)),
  });
  const edits = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 3 });
  return fc.tuple(packet, edits).map(([each, changes]) => {
    const [encoded] = encoder.encode(each) as unknown as [Uint8Array];
    const changed = Uint8Array.from(encoded);
    for (const [at, value] of changes) if (changed.length > 0) changed[at % changed.length] = value;
    return changed;
  });
}
