/** Our WebSocket frames against `ws`: what it writes we read, what we write it reads, and what it refuses we refuse. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import * as ws from "ws";
import { describe, expect, test } from "vitest";
import { FrameReader } from "../../runtimes/node/frame-reader.ts";
import { encodeFrame, encodeFrames } from "../../runtimes/node/frames.ts";
import { Outbox } from "../../runtimes/node/outbox.ts";
import { Opcode, encodeFrame as encodeClientFrame } from "../catalogue/wire.ts";

const LIMITS = { maxPayload: 1000, maxFragments: 5 };

/** `ws` exports it; its types do not say so. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.EventEmitter & { write(chunk: Buffer): void } };

/** What a reader tells, in one form for both. */
type Outcome = readonly [kind: string, ...rest: unknown[]];

function told(data: string | Uint8Array): Outcome {
  return typeof data === "string" ? ["text", data] : ["bytes", Buffer.from(data).toString("latin1")];
}

function readWithOurs(chunks: readonly Buffer[], limits = LIMITS): Outcome[] {
  const outcomes: Outcome[] = [];
  const reader = new FrameReader(
    {
      message: (data) => outcomes.push(told(data)),
      ping: (data) => outcomes.push(["ping", data.toString("latin1")]),
      closing: (code, reason) => outcomes.push(["closing", code, reason]),
      invalid: (code) => outcomes.push(["invalid", code]),
    },
    limits,
  );
  // The reader changes what it is given.
  for (const chunk of chunks) reader.read(Buffer.from(chunk));
  return outcomes;
}

async function readWithWs(chunks: readonly Buffer[], isServer = true, limits = LIMITS): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const receiver = new Receiver({ isServer, maxPayload: limits.maxPayload, maxFragments: limits.maxFragments });
  receiver
    .on("message", (data: Buffer, isBinary: boolean) => {
      outcomes.push(isBinary ? ["bytes", data.toString("latin1")] : ["text", data.toString()]);
    })
    .on("ping", (data: Buffer) => outcomes.push(["ping", data.toString("latin1")]))
    .on("conclude", (code: number, reason: Buffer) => outcomes.push(["closing", code, reason.toString()]))
    .on("error", (error: object) => {
      const [status] = Object.getOwnPropertySymbols(error).filter((symbol) => symbol.description === "status-code");
      outcomes.push(["invalid", (error as Record<symbol, unknown>)[status!]]);
    });
  for (const chunk of chunks) {
    receiver.write(Buffer.from(chunk));
    await turn();
    if (outcomes.some(([kind]) => kind === "invalid" || kind === "closing")) break;
  }
  return outcomes;
}

/** Cuts bytes into pieces at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const places = fc.array(fc.nat(5000), { maxLength: 12 });
const opcode = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) }, { weight: 1, arbitrary: fc.nat(15) });
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 130 }),
  fc.uint8Array({ minLength: 240, maxLength: 1010 }),
  fc.string({ unit: "binary", maxLength: 400 }).map((text) => Buffer.from(text)),
  fc.integer({ min: 990, max: 5010 }).map((code) => Buffer.of(code >> 8, code & 255)),
);
const usually = (value: boolean): fc.Arbitrary<boolean> => fc.nat(15).map((number) => (number > 0 ? value : !value));
const reserved = fc.oneof({ weight: 15, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(7) });
const frames = fc.array(
  fc.record({ opcode, payload, fin: fc.boolean(), masked: usually(true), reserved }),
  { minLength: 1, maxLength: 9 },
);

describe("FrameReader", () => {
  test("tells what `ws` tells, whatever the frames are and however they are cut", async () => {
    await fc.assert(fc.asyncProperty(frames, places, async (sent, cuts) => {
      const chunks = cut(Buffer.concat(sent.map((frame) => encodeClientFrame(frame))), cuts);
      assert.deepEqual(readWithOurs(chunks), await readWithWs(chunks));
    }), { numRuns: 1500 });
  });

  test("survives noise", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 })), async (chunks) => {
      const bytes = chunks.map((chunk) => Buffer.from(chunk));
      assert.deepEqual(readWithOurs(bytes), await readWithWs(bytes));
    }), { numRuns: 500 });
  });

  test("keeps no more than came, however much is announced", () => {
    const limits = { maxPayload: 2 ** 40, maxFragments: 5 };
    const reader = new FrameReader({ message() {}, ping() {}, closing() {}, invalid: (_, message) => assert.fail(message) }, limits);
    const before = process.memoryUsage().arrayBuffers;
    reader.read(encodeClientFrame({ opcode: Opcode.binary, declared: 2n ** 39n }));
    reader.read(Buffer.alloc(1000));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
  });

  test("a long message byte by byte is read in time that grows with its length", () => {
    const frame = encodeClientFrame({ opcode: Opcode.binary, payload: Buffer.alloc(200_000, 7) });
    const limits = { maxPayload: 200_000, maxFragments: 5 };
    const [outcome] = readWithOurs(cut(frame, Array.from({ length: frame.length }, (_, at) => at)), limits);
    assert.deepEqual(outcome, ["bytes", "\x07".repeat(200_000)]);
  });
});

describe("encodeFrame()", () => {
  const message = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(125, 126, 65_535, 65_536, 32_768, 32_769).map((length) => Buffer.alloc(length, 1)),
    fc.constantFrom(125, 126, 65_535, 65_536).map((length) => "é".repeat(length / 2)),
  );
  const limits = { maxPayload: 1e6, maxFragments: 5 };

  test("makes frames that `ws` reads, alone and together", async () => {
    await fc.assert(fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 5 }), async (messages) => {
      const expected = messages.map((data) => told(data));
      assert.deepEqual(await readWithWs([Buffer.concat(messages.flatMap((data) => encodeFrame(data)))], false, limits), expected);
      assert.deepEqual(await readWithWs([Buffer.concat(encodeFrames(messages))], false, limits), expected);
    }));
  });

  test("is one piece, unless a long payload is better not copied", () => {
    assert.equal(encodeFrame(Buffer.alloc(32_768)).length, 1);
    const bytes = Buffer.alloc(32_769);
    const [, second] = encodeFrame(bytes);
    assert.equal(second!.buffer, bytes.buffer);
    assert.equal(encodeFrame("x".repeat(100_000)).length, 1);
  });
});

describe("Outbox", () => {
  test("connections that are sent the same share what is joined", () => {
    const outbox = new Outbox(() => {});
    const [a, b, c] = ["a", "b", "c"].map((text) => Buffer.from(text));
    const one = outbox.chain(a!, b!).with(c!);
    const other = outbox.chain(a!, b!).with(c!);
    assert.equal(one, other);
    assert.equal(one.pieces[0], other.pieces[0]);
    assert.deepEqual(one.pieces.map(String), ["abc"]);
  });

  test("connections that are sent different things keep them apart", () => {
    const outbox = new Outbox(() => {});
    const [a, b, c] = ["a", "b", "c"].map((text) => Buffer.from(text));
    const one = outbox.chain(a!, b!);
    const other = outbox.chain(a!, c!);
    assert.deepEqual([one.with(c!), other.with(b!), one].map((chain) => chain.pieces.join("")), ["abc", "acb", "ab"]);
  });

  test("what is long is written as it is", () => {
    const long = Buffer.alloc(65_536);
    const short = Buffer.of(1);
    assert.deepEqual(new Outbox(() => {}).chain(long, short).pieces, [long, short]);
  });
});
