/**
 * Work is linear in what peers send (G10): no doubling of the input takes more than 2.5 times as long, over three of them,
 * for 48 families of input.
 */
import assert from "node:assert/strict";
import { describe, test } from "vitest";
import { acceptedEncodings } from "../../src/engine/compression.ts";
import { resolveLimits } from "../../src/engine/limits.ts";
import { pathAfter } from "../../src/engine/path.ts";
import { decodeEnginePacket } from "../../src/wire/engine-packet.ts";
import { type PayloadSlice, decodePayload } from "../../src/wire/engine-payload.ts";
import { decodeBytesPayloadV3, decodeFrameV3, decodeTextPayloadV3 } from "../../src/wire/engine-v3.ts";
import { createJsonCodec } from "../../src/wire/json-codec.ts";
import { peekEvent } from "../../src/wire/json-peek.ts";
import { decodeJsonp } from "../../src/wire/jsonp.ts";

/** No limit may hide the work behind it. */
const limits = resolveLimits(
  { maxArguments: 1e9, maxDepth: 1e9, maxAttachments: 1e9, maxReassemblyBytes: 1e9, maxAckIdDigits: 1e9, maxNamespaceLength: 1e9 },
  1e9,
);
const codec = createJsonCodec(limits);
const bounded = createJsonCodec(resolveLimits(undefined, 1e9));

const receive = (text: string): unknown => codec.createDecoder().receive(text);
const receiveBounded = (text: string): unknown => bounded.createDecoder().receive(text);
const readPath = (url: string): unknown => pathAfter("/socket.io", url, true);
const readPayload = inSlices(decodePayload);
const readPayloadV3 = inSlices(decodeTextPayloadV3);
const readBytesV3 = (text: string): void => inSlices(decodeBytesPayloadV3)(Buffer.from(text, "latin1"));

/** Reads a payload as the server does: what is read goes before the next is, and takes no part in what the collection of garbage costs. */
function inSlices<Payload>(decode: (payload: Payload, from: number, maxPackets: number) => PayloadSlice): (payload: Payload) => void {
  return (payload) => {
    for (let next = 0; next !== -1; ) ({ next } = decode(payload, next, 1000));
  };
}

/** What is repeated between a beginning and an end, and what reads it. */
type Family = readonly [read: (text: string) => unknown, start: string, repeated: string, end: string];

const families: Readonly<Record<string, Family>> = {
  "digits of an ack id": [receive, "2", "1", '["a"]'],
  "digits and nothing else": [receive, "2", "1", ""],
  "zeros in an ack id": [receive, "2", "0", '7["a"]'],
  "digits of a count": [receive, "5", "1", '-["a"]'],
  "digits of a count without a dash": [receive, "5", "1", ""],
  "dashes": [receive, "5", "-", ""],
  "a namespace": [receive, "2/", "n", ',["a"]'],
  "a namespace without its comma": [receive, "2/", "n", ""],
  "slashes": [receive, "2", "/", ""],
  "commas": [receive, "2/", ",", ""],
  "question marks": [receive, "0/a", "?", ","],
  "white space": [receive, "2", " ", '["a"]'],
  "arguments": [receive, '2["a"', ",1", "]"],
  "arguments past the limit": [receiveBounded, '2["a"', ",1", "]"],
  "open brackets": [receive, '2["a",', "[", ""],
  "brackets past the limit": [receiveBounded, '2["a",', "[", ""],
  "empty arrays": [receive, '2["a"', ",[]", "]"],
  "objects": [receive, '2["a"', ',{"b":1}', "]"],
  "keys": [receive, '2["a",{', '"b":1,', '"c":1}]'],
  "escapes": [receive, '2["a","', "\\n", '"]'],
  "backslashes": [receive, '2["a","', "\\\\", '"]'],
  "quotes": [receive, "2[", '"', "]"],
  "braces in a text": [receive, '2["a","', "[{", '"]'],
  "a long text": [receive, '2["', "é", '"]'],
  "placeholders": [receive, '51-["a"', ',{"_placeholder":true,"num":0}', "]"],
  "an acknowledgement": [receive, "31[1", ",1", "]"],
  "a CONNECT": [receive, '0{"a":[0', ",1", "]}"],
  "the name of an event": [peekEvent, '2["', "a", '"]'],
  "the name of an event in a namespace": [peekEvent, "2/", "n", ',["a"]'],
  "the name of an event after digits": [peekEvent, "2", "1", '["a"]'],
  "white space before the name of an event": [peekEvent, "2[", " ", '"a"]'],
  "escapes in the name of an event": [peekEvent, '2["', "\\u0061", '"]'],
  "noops": [readPayload, "6", "\x1e6", ""],
  "separators": [readPayload, "6", "\x1e", ""],
  "messages": [readPayload, "6", '\x1e42["a"]', ""],
  "base64": [decodeEnginePacket, "b", "AAAA", ""],
  "base64 with a fault at its end": [decodeEnginePacket, "b", "AAAA", "!"],
  "base64 of revision 3": [decodeFrameV3, "b4", "AAAA", ""],
  "packets of revision 3": [readPayloadV3, "", "1:6", ""],
  "empty packets of revision 3": [readPayloadV3, "", "0:", ""],
  "digits of a length of revision 3": [readPayloadV3, "", "9", ":6"],
  "packets as bytes of revision 3": [readBytesV3, "", "\x00\x01\xff6", ""],
  "a form of JSONP": [decodeJsonp, "d=", "%5C%5Cn", ""],
  "backslashes in a form of JSONP": [decodeJsonp, "d=", "\\", "n"],
  "white space between encodings": [acceptedEncodings, "gzip", " ", "br"],
  "parameters of an encoding": [acceptedEncodings, "gzip", " ; q=0.", ""],
  "the host of a URL": [readPath, "http://", "a.", "?"],
  "dots in a path": [readPath, "/", "./", "x"],
};

describe("work grows no faster than what peers send (G10)", () => {
  for (const [name, [read, start, repeated, end]] of Object.entries(families)) {
    test(`for ${name}`, () => {
      const inputOf = (size: number): string => start + repeated.repeat(Math.ceil(size / repeated.length)) + end;
      const [small, large] = [inputOf(SIZE), inputOf(8 * SIZE)];
      let [least, most] = [Infinity, Infinity];
      // The least of several is what the work takes; noise only adds. What is too short to be measured is short enough.
      for (let trial = 0; trial < 40; trial++) {
        least = Math.min(least, durationOf(() => read(small)));
        most = Math.min(most, durationOf(() => read(large)));
        if (most <= Math.max(2.5 ** 3 * least, UNMEASURABLE_MS)) return;
      }
      assert.fail(`${8 * SIZE} characters took ${most} ms, an eighth of them ${least} ms`);
    });
  }
});

/** Work that grows with the square takes hundreds of milliseconds at eight times this size, work that is linear some; of more, memory is what is measured. */
const SIZE = 50_000;
const UNMEASURABLE_MS = 100;

function durationOf(act: () => unknown): number {
  const startedAt = performance.now();
  act();
  return performance.now() - startedAt;
}
