import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { CodecLimits, Message } from "../../src/wire/codec.ts";
import { createJsonCodec } from "../../src/wire/json-codec.ts";
import { type Packet, PacketError, PacketType } from "../../src/wire/packet.ts";
import { LIMITS } from "./limits.ts";

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;
const bytes = new Uint8Array([1, 2, 3]);

function newDecoder(limits: Partial<CodecLimits> = {}) {
  return createJsonCodec({ ...LIMITS, ...limits }).createDecoder();
}

/** What the last of `messages` gives; all before it must be accepted. */
function receive(messages: readonly Message[], limits: Partial<CodecLimits> = {}): Packet | PacketError | undefined {
  const decoder = newDecoder(limits);
  for (const message of messages.slice(0, -1)) {
    assert.ok(!(decoder.receive(message) instanceof PacketError), `${JSON.stringify(message)} is refused`);
  }
  const last = decoder.receive(messages.at(-1)!);
  if (last !== undefined) assert.deepEqual([decoder.pending, decoder.pendingBytes], [false, 0]);
  return last;
}

const placeholder = (num: unknown) => `{"_placeholder":true,"num":${JSON.stringify(num)}}`;
const event = (data: unknown[], id?: number): Packet => ({ type: EVENT, nsp: "/", data, id });

type Limits = Partial<CodecLimits>;

describe("receive() refuses", () => {
  const rows: [id: string, message: string, input: Message | Message[], limits?: Limits][] = [
    ["W19", "unknown packet type ", ""],
    ["S07", "unknown packet type 7", "7"],
    ["S07", "unknown packet type 9", '9["a"]'],
    ["S07", "unknown packet type x", 'x["a"]'],
    ["S07", "unknown packet type /", "/"],
    ["S08", "unknown packet type  ", ' 2["a"]'],
    ["S08", "unknown packet type ٢", '٢["a"]'],
    ["S09", "invalid payload", "2"],
    ["S10", "invalid payload", "21"],
    ["S11", "invalid payload", "3"],
    ["S11", "invalid payload", "31"],
    ["S12", "invalid payload", "2{}"],
    ["S12", "invalid payload", "2[]"],
    ["S12", "invalid payload", "2[null]"],
    ["S12", "invalid payload", "2[{}]"],
    ["S12", "invalid payload", "2[true]"],
    ["S12", "invalid payload", "2false"],
    ["S13", "invalid payload", "2[1e999]"],
    ["S12", "invalid payload", '2["a"]x'],
    ["S12", "invalid payload", '2["a"'],
    ["S14", "invalid payload", '2["connect"]'],
    ["S14", "invalid payload", '2["connect_error"]'],
    ["S14", "invalid payload", '2["disconnect","transport close"]'],
    ["S14", "invalid payload", '2["disconnecting"]'],
    ["S14", "invalid payload", '2["newListener"]'],
    ["S14", "invalid payload", '2["removeListener"]'],
    ["S14", "invalid payload", '2/admin,1["disconn\\u0065ct"]'],
    ["S14", "invalid payload", `51-["disconnect",${placeholder(0)}]`],
    ["S16", "invalid payload", '29007199254740993["a"]'],
    ["S16", "invalid payload", '29007199254740992["a"]'],
    ["S17", "invalid payload", `2${"1".repeat(400)}["a"]`],
    ["S17", "invalid payload", `2${"0".repeat(16)}7["a"]`],
    ["S17", "invalid payload", '2123["a"]', { maxAckIdDigits: 2 }],
    ["S19", "invalid payload", '21 2["a"]'],
    ["S21", "invalid payload", '2-1["a"]'],
    ["S21", "invalid payload", '21.5["a"]'],
    ["S21", "invalid payload", '21e3["a"]'],
    ["S21", "invalid payload", '20x1["a"]'],
    ["S21", "invalid payload", '2+1["a"]'],
    ["S21", "invalid payload", '21/["a"]'],
    ["S21", "invalid payload", '2:1["a"]'],
    ["S22", "invalid payload", '2/admin["a"]'],
    ["S24", "invalid payload", "0admin,"],
    ["S25", "namespace too long", `0/${"a".repeat(256)},`],
    ["S25", "namespace too long", `0/${"é".repeat(128)},`],
    ["S25", "namespace too long", `0/${"a".repeat(500_000)}`],
    ["S27", "Illegal attachments", '50-["a"]'],
    ["S27", "Illegal attachments", '500-["a"]'],
    ["S27", "Illegal attachments", '5-["a"]'],
    ["S27", "Illegal attachments", "60-[]"],
    ["S28", "too many attachments", '511-["a"]'],
    ["S28", "too many attachments", '5999999999-["a"]'],
    ["S28", "too many attachments", `5${"9".repeat(400)}-["a"]`],
    ["S28", "too many attachments", '53-["a"]', { maxAttachments: 2 }],
    ["S30", "Illegal attachments", '51e0-["a"]'],
    ["S30", "Illegal attachments", '50x1-["a"]'],
    ["S30", "Illegal attachments", '5 1-["a"]'],
    ["S30", "Illegal attachments", '5/1-["a"]'],
    ["S30", "Illegal attachments", '5:1-["a"]'],
    ["S31", "Illegal attachments", '51.5-["a"]'],
    ["S31", "Illegal attachments", '5-1["a"]'],
    ["S31", "Illegal attachments", '5Infinity-["a"]'],
    ["S31", "Illegal attachments", '51["a"]'],
    ["S31", "Illegal attachments", "5"],
    ["S31", "Illegal attachments", "51"],
    ["S32", "illegal attachments", [`51-["a",${placeholder(1)}]`, bytes]],
    ["S32", "illegal attachments", [`51-["a",${placeholder("0")}]`, bytes]],
    ["S32", "illegal attachments", [`61-1[${placeholder(-1)}]`, bytes]],
    ["S33", "illegal attachments", [`51-["a",{"b":[${placeholder(0.5)}]}]`, bytes]],
    ["S35", "invalid payload", `51-[${placeholder(0)}]`],
    ["S36", "invalid payload", "51-"],
    ["S36", "invalid payload", "51-/admin,1"],
    ["S37", "got plaintext data when reconstructing a packet", [`51-["a",${placeholder(0)}]`, '2["a"]']],
    ["S37", "got plaintext data when reconstructing a packet", [`51-["a",${placeholder(0)}]`, "0/admin,"]],
    ["W20", "got binary data when not reconstructing a packet", bytes],
    ["W20", "got binary data when not reconstructing a packet", new Uint8Array(0)],
    ["S38", "got binary data when not reconstructing a packet", [`51-["a",${placeholder(0)}]`, bytes, bytes]],
    ["S40", "invalid payload", "30{}"],
    ["S42", "invalid payload", "1{}"],
    ["S42", "invalid payload", "1[]"],
    ["S42", "invalid payload", "1/admin,null"],
    ["S43", "invalid payload", "0[1]"],
    ["S43", "invalid payload", '0"s"'],
    ["S43", "invalid payload", "0null"],
    ["S43", "invalid payload", '0{"a":'],
    ["W22", "invalid payload", '0\x1e42["a"]'],
    ["S48", "too many arguments", `2["a"${",1".repeat(1025)}]`],
    ["S48", "too many arguments", `31[1${",1".repeat(1024)}]`],
    ["S48", "too many arguments", '2["a",1,2]', { maxArguments: 1 }],
    ["S49", "payload too deep", `2${"[".repeat(200_000)}${"]".repeat(200_000)}`],
    ["S49", "payload too deep", `2["a",${"[".repeat(256)}${"]".repeat(256)}]`],
    ["S49", "payload too deep", `0${'{"a":'.repeat(257)}1${"}".repeat(257)}`],
    ["S49", "payload too deep", '2["\\"]",[[1]]]', { maxDepth: 2 }],
    ["S50", "invalid payload", `2${"9".repeat(900_000)}["a"]`],
    ["§1.2", "attachments too large", [`51-["a",${placeholder(0)}]`, bytes], { maxReassemblyBytes: 2 }],
    ["§1.2", "attachments too large", [`52-["a",${placeholder(0)}]`, bytes, bytes], { maxReassemblyBytes: 5 }],
    ["S04", "invalid payload", "4"],
    ["S04", "invalid payload", "4[]"],
  ];
  for (const [id, message, input, limits] of rows) {
    const messages = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
    const shown = messages.map((each) => (typeof each === "string" ? JSON.stringify(each.slice(0, 40)) : "bytes"));
    test(`receive() says "${message}" when given ${shown.join(", ")} (${id})`, () => {
      const refused = receive(messages, limits);
      assert.ok(refused instanceof PacketError, `got ${JSON.stringify(refused)}`);
      assert.equal(refused.message, message);
      assert.equal(refused.name, "PacketError");
    });
  }
});

describe("receive() accepts", () => {
  const deep = `["a",${"[".repeat(255)}${"]".repeat(255)}]`;
  const rows: [id: string, input: Message | Message[], packet: Packet, limits?: Limits][] = [
    ["S13", "2[123]", event([123])],
    ["S15", '2["error"]', event(["error"])],
    ["S15", '2["connection"]', event(["connection"])],
    ["S15", '2["__proto__"]', event(["__proto__"])],
    ["S15", '2["constructor"]', event(["constructor"])],
    ["S15", '2[""]', event([""])],
    ["S16", '29007199254740991["a"]', event(["a"], 9007199254740991)],
    ["S17", '20000000000000007["a"]', event(["a"], 7)],
    ["S18", '2 ["a"]', event(["a"])],
    ["S18", '2\n["a"]', event(["a"])],
    ["S20", '2007["a"]', event(["a"], 7)],
    ["S23", '2/,["a"]', event(["a"])],
    ["S23", "0/", { type: CONNECT, nsp: "/", data: undefined, id: undefined }],
    ["S05", "0/admin,", { type: CONNECT, nsp: "/admin", data: undefined, id: undefined }],
    ["S05", "0/admin?x=1,", { type: CONNECT, nsp: "/admin?x=1", data: undefined, id: undefined }],
    ["S05", "0//admin,{}", { type: CONNECT, nsp: "//admin", data: {}, id: undefined }],
    ["S05", "0/__proto__,", { type: CONNECT, nsp: "/__proto__", data: undefined, id: undefined }],
    ["W-51", "1/admin", { type: DISCONNECT, nsp: "/admin", data: undefined, id: undefined }],
    ["S25", `0/${"a".repeat(255)},`, { type: CONNECT, nsp: `/${"a".repeat(255)}`, data: undefined, id: undefined }],
    ["S25", `0/${"é".repeat(127)},`, { type: CONNECT, nsp: `/${"é".repeat(127)}`, data: undefined, id: undefined }],
    ["S25", "2/😀€,[1]", { type: EVENT, nsp: "/😀€", data: [1], id: undefined }, { maxNamespaceLength: 8 }],
    ["S28", [`510-["a"]`, ...Array.from({ length: 10 }, () => bytes)], event(["a"])],
    ["S34", [`51-["a"]`, bytes], event(["a"])],
    ["S34", [`51-["a",${placeholder(0)},${placeholder(0)}]`, bytes], event(["a", bytes, bytes])],
    ["S39", '3["a"]', { type: ACK, nsp: "/", data: ["a"], id: undefined }],
    ["S39", [`61-/admin,5[${placeholder(0)}]`, bytes], { type: ACK, nsp: "/admin", data: [bytes], id: 5 }],
    ["S44", "0123", { type: CONNECT, nsp: "/", data: undefined, id: undefined }],
    ["S48", `2["a"${",1".repeat(1024)}]`, event(["a", ...Array.from({ length: 1024 }, () => 1)])],
    ["S49", `2${deep}`, event(JSON.parse(deep) as unknown[])],
    ["S49", '2["[[[\\"[[",1]', event(['[[["[[', 1]), { maxDepth: 1 }],
    ["S49", '2["a",[1],[2],[3]]', event(["a", [1], [2], [3]]), { maxDepth: 2 }],
    ["§1.2", [`52-["a",${placeholder(1)}]`, bytes, bytes], event(["a", bytes]), { maxReassemblyBytes: 6 }],
    ["W-53", [`51-["a",${placeholder(0)}]`, new Uint8Array(0)], event(["a", new Uint8Array(0)])],
    ["S04", '4{"message":"no"}', { type: CONNECT_ERROR, nsp: "/", data: { message: "no" }, id: undefined }],
    ["W-50", '4"no"', { type: CONNECT_ERROR, nsp: "/", data: "no", id: undefined }],
  ];
  for (const [id, input, packet, limits] of rows) {
    const messages = typeof input === "string" || input instanceof Uint8Array ? [input] : input;
    test(`receive() accepts it when given ${JSON.stringify(String(messages[0]).slice(0, 40))} (${id})`, () => {
      assert.deepEqual(receive(messages, limits), packet);
    });
  }

  test("receive() keeps __proto__ as a key of its own when the payload has one (S51)", () => {
    const packet = receive(['2["a",{"__proto__":{"admin":true},"constructor":1}]']) as Packet;
    const [, value] = packet.data as [string, Record<string, unknown>];
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal(value["admin"], undefined);
    assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  });
});

describe("pending", () => {
  const header = `52-["a",${placeholder(0)},${placeholder(1)}]`;

  test("pending and pendingBytes tell what is held when attachments are missing (S29)", () => {
    const decoder = newDecoder();
    const seen = [header, bytes, bytes].map((message) => {
      decoder.receive(message);
      return [decoder.pending, decoder.pendingBytes];
    });
    assert.deepEqual(seen, [
      [true, 0],
      [true, 3],
      [false, 0],
    ]);
  });

  test("reset() forgets an incomplete packet when called", () => {
    const decoder = newDecoder();
    decoder.receive(header);
    decoder.receive(bytes);
    decoder.reset();
    assert.deepEqual([decoder.pending, decoder.pendingBytes], [false, 0]);
    assert.deepEqual(decoder.receive('2["b"]'), event(["b"]));
    assert.ok(decoder.receive(bytes) instanceof PacketError);
  });

  test("receive() works again when a packet was refused halfway", () => {
    const decoder = newDecoder();
    decoder.receive(header);
    assert.ok(decoder.receive("2") instanceof PacketError);
    assert.deepEqual(decoder.receive('2["b"]'), event(["b"]));
  });
});
