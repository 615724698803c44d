import assert from "node:assert/strict";
import { describe, test } from "#test";
import fc from "fast-check";
import { extractAttachments, hasBinary, restoreAttachments } from "../../src/wire/attachments.ts";
import { PacketError } from "../../src/wire/packet.ts";
import { anyJson } from "./packets.ts";

const limits = { maxDepth: 256, maxAttachments: 10 };
const bytes = new Uint8Array([1, 2, 3]);
const placeholder = (num: unknown) => ({ _placeholder: true, num });

/** Arrays in arrays, `depth` of them. */
function nest(depth: number, inner?: unknown): unknown {
  let value: unknown = inner === undefined ? [] : [inner];
  for (let level = 1; level < depth; level++) value = [value];
  return value;
}

/** Makes a change to it, or to anything in it, throw. */
function freezeDeep(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  Object.values(value).forEach(freezeDeep);
  return Object.freeze(value);
}

/** Counts the properties read anywhere in `value`. */
function counted(value: unknown) {
  const count = { reads: 0 };
  const wrap = (inner: unknown): unknown =>
    typeof inner !== "object" || inner === null || ArrayBuffer.isView(inner)
      ? inner
      : new Proxy(inner, {
          get(target, key, receiver) {
            count.reads++;
            return wrap(Reflect.get(target, key, receiver));
          },
        });
  return { value: wrap(value), count };
}

describe("hasBinary()", () => {
  for (const [kind, value] of [
    ["an ArrayBuffer", new ArrayBuffer(2)],
    ["a Uint8Array", bytes],
    ["a Buffer", Buffer.from("a")],
    ["a DataView", new DataView(new ArrayBuffer(2))],
    ["a Float64Array", new Float64Array(1)],
    ["bytes in an array", [1, [bytes]]],
    ["bytes in an object", { a: { b: bytes } }],
    ["bytes in an object without prototype", Object.assign(Object.create(null), { a: bytes })],
    ["a toJSON() that returns bytes", { toJSON: () => bytes }],
    ["a toJSON() with bytes inside", { toJSON: () => ({ a: [bytes] }) }],
  ] as const) {
    test(`hasBinary() is true when given ${kind}`, () => assert.equal(hasBinary(value, 256), true));
  }

  for (const [kind, value] of [
    ["undefined", undefined],
    ["null", null],
    ["a string", "a"],
    ["a function", () => bytes],
    ["a Date", new Date(0)],
    ["a Map", new Map([["a", bytes]])],
    ["bytes that toJSON() hides", { hidden: bytes, toJSON: () => "plain" }],
    ["inherited bytes", Object.create({ a: bytes })],
    ["bytes under a symbol", { [Symbol("a")]: bytes }],
    ["bytes in a toJSON() of what toJSON() returned", { toJSON: () => ({ toJSON: () => bytes }) }],
  ] as const) {
    test(`hasBinary() is false when given ${kind}`, () => assert.equal(hasBinary(value, 256), false));
  }

  test("hasBinary() calls no getter that is inherited, as JSON.stringify() does not", () => {
    const parent = Object.defineProperty({}, "secret", { enumerable: true, get: () => assert.fail("it was called") });
    assert.equal(hasBinary([Object.create(parent)], 8), false);
  });

  test("hasBinary() reads each value a fixed number of times when the data grows", () => {
    const make = (n: number) => Array.from({ length: n }, (_, at) => ({ at, tags: ["a", "b"], inner: { at } }));
    for (const n of [100, 200, 400]) {
      const { value, count } = counted(make(n));
      assert.equal(hasBinary(value, 256), false);
      assert.ok(count.reads <= 20 * n, `${count.reads} reads for ${n} objects`);
    }
  });
});

describe("extractAttachments()", () => {
  test("extractAttachments() returns the very same data when there are no bytes", () => {
    const data = ["a", { b: [1] }];
    const extracted = extractAttachments(data, limits);
    assert.equal(extracted.data, data);
    assert.deepEqual(extracted.attachments, []);
  });

  test("extractAttachments() puts placeholders when bytes stand anywhere, in the order they are met", () => {
    const [first, second, third] = [new Uint8Array([1]), new Uint8Array([2]), new Uint8Array([3])];
    const extracted = extractAttachments(["a", first, { b: second, c: [{ d: third }] }], limits);
    assert.deepEqual(extracted.data, ["a", placeholder(0), { b: placeholder(1), c: [{ d: placeholder(2) }] }]);
    assert.deepEqual(extracted.attachments, [first, second, third]);
  });

  test("extractAttachments() leaves its input alone when there are bytes", () => {
    const data = freezeDeep(["a", { b: bytes, c: [bytes, { d: 1 }] }]);
    const before = structuredClone(data);
    extractAttachments(data, limits);
    assert.deepEqual(data, before);
  });

  test("extractAttachments() shares memory when given views and buffers", () => {
    const memory = new ArrayBuffer(16);
    const buffer = Buffer.from(memory, 2, 4);
    const { attachments } = extractAttachments(
      [new Uint16Array(memory, 4, 2), new DataView(memory, 1, 3), memory, buffer],
      limits,
    );
    assert.deepEqual(
      attachments.map((each) => [each.buffer === memory, each.byteOffset, each.byteLength]),
      [
        [true, 4, 4],
        [true, 1, 3],
        [true, 0, 16],
        [true, 2, 4],
      ],
    );
    assert.equal(attachments[3], buffer, "a Uint8Array, subclass or not, is passed on as it is");
  });

  test("extractAttachments() asks toJSON() once and with its key when there is one", () => {
    const keys: string[] = [];
    const inner = { toJSON: () => assert.fail("the result's own toJSON is not asked"), kept: bytes };
    const outer = {
      toJSON(key: string) {
        keys.push(key);
        return inner;
      },
    };
    const { data, attachments } = extractAttachments([{ a: outer }, outer], limits);
    assert.equal(JSON.stringify(data), JSON.stringify([{ a: { kept: placeholder(0) } }, { kept: placeholder(1) }]));
    assert.equal(attachments.length, 2);
    assert.deepEqual(new Set(keys), new Set(["a", "1"]));
  });

  test("extractAttachments() changes nothing else for JSON when there are bytes beside", () => {
    class Point {
      x = 1;
      get y() {
        return 2;
      }
    }
    const odd = {
      date: new Date(0),
      nothing: undefined,
      method: () => 1,
      list: [undefined, () => 1, Symbol("a"), Number.NaN, , new Date(0)], // oxlint-disable-line no-sparse-arrays
      boxed: [new String("a"), new Number(1), new Boolean(false)],
      point: new Point(),
      map: new Map([["a", 1]]),
      bare: Object.assign(Object.create(null), { a: 1 }),
      dateOfDate: { toJSON: () => new Date(0) },
      [Symbol("hidden")]: 1,
    };
    const { data } = extractAttachments([odd, bytes], limits);
    assert.equal(JSON.stringify(data), JSON.stringify([odd, placeholder(0)]));
  });

  test("extractAttachments() keeps a key named __proto__ when there are bytes beside", () => {
    const data = JSON.parse('{"__proto__":{"polluted":true}}') as Record<string, unknown>;
    const extracted = extractAttachments([data, bytes], limits).data as unknown[];
    assert.equal(JSON.stringify(extracted[0]), '{"__proto__":{"polluted":true}}');
    assert.equal((extracted[0] as Record<string, unknown>)["polluted"], undefined);
  });

  test("extractAttachments() names the option when there are more than maxAttachments", () => {
    const attachments = (count: number) => Array.from({ length: count }, () => bytes);
    assert.equal(extractAttachments(attachments(10), limits).attachments.length, 10);
    assert.throws(
      () => extractAttachments(attachments(11), limits),
      (error) => error instanceof RangeError && /\bmaxAttachments\b/.test(error.message),
    );
  });

  test("extractAttachments() names the option when data nests deeper than maxDepth", () => {
    const tooDeep = (error: unknown) => error instanceof RangeError && /\bmaxDepth\b/.test(error.message);
    const shallow = { maxDepth: 3, maxAttachments: 10 };
    assert.equal(extractAttachments(nest(3), shallow).attachments.length, 0);
    assert.equal(extractAttachments(nest(3, bytes), shallow).attachments.length, 1);
    assert.throws(() => extractAttachments(nest(4), shallow), tooDeep);
    assert.throws(() => extractAttachments(nest(4, bytes), shallow), tooDeep);
    assert.throws(() => extractAttachments([bytes, nest(3)], shallow), tooDeep);
    assert.throws(() => extractAttachments(nest(100_000), limits), tooDeep);
  });

  test("extractAttachments() throws when the data is circular", () => {
    const circle: unknown[] = [];
    circle.push({ circle });
    assert.throws(() => extractAttachments(circle, limits), RangeError);
    assert.throws(() => extractAttachments([bytes, circle], limits), RangeError);
  });

  for (const [kind, blob] of [
    ["Blob", new Blob(["a"])],
    ["File", new File(["a"], "a.txt")],
  ] as const) {
    test(`extractAttachments() tells what to do when given a ${kind} (W-53)`, () => {
      for (const data of [blob, ["a", { blob }], [bytes, blob]]) {
        assert.throws(
          () => extractAttachments(data, limits),
          (error) => error instanceof TypeError && error.message.includes("await blob.arrayBuffer()"),
        );
      }
    });
  }
});

describe("restoreAttachments()", () => {
  test("restoreAttachments() undoes extractAttachments() when given any data", () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        anyJson,
        fc.uint8Array(),
        fc.array(tie("tree")),
        fc.dictionary(fc.string(), tie("tree"), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (data) => {
        const extracted = extractAttachments(data, { maxDepth: 256, maxAttachments: Infinity });
        const parsed: unknown = JSON.parse(JSON.stringify(extracted.data));
        assert.deepEqual(restoreAttachments(parsed, extracted.attachments, 256), data);
      }),
    );
  });

  test("restoreAttachments() works in place when the data is fresh", () => {
    const data = [{ a: placeholder(0) }];
    assert.equal(restoreAttachments(data, [bytes], 256), data);
    assert.deepEqual(data, [{ a: bytes }]);
  });

  test("restoreAttachments() accepts it when a placeholder is used twice or not at all (S34)", () => {
    assert.deepEqual(restoreAttachments([placeholder(0), placeholder(0)], [bytes], 256), [bytes, bytes]);
    assert.deepEqual(restoreAttachments(["a"], [bytes], 256), ["a"]);
  });

  for (const num of [1, -1, 0.5, "0", null, undefined, true, [0], { a: 0 }, "length", 1e300]) {
    test(`restoreAttachments() refuses when num is ${JSON.stringify(num)} (S32 S33)`, () => {
      const restored = restoreAttachments(["a", { b: placeholder(num) }], [bytes], 256);
      assert.ok(restored instanceof PacketError);
      assert.equal(restored.message, "illegal attachments");
    });
  }

  test("restoreAttachments() leaves other objects alone when they only look like a placeholder", () => {
    for (const data of [{ _placeholder: false, num: 0 }, { _placeholder: 1, num: 0 }, { num: 0 }]) {
      assert.deepEqual(restoreAttachments([data], [bytes], 256), [data]);
    }
  });

  test("restoreAttachments() changes no prototype when a key is __proto__ (S51)", () => {
    const text = '{"__proto__":{"_placeholder":true,"num":0},"constructor":{"prototype":{"a":1}}}';
    const restored = restoreAttachments(JSON.parse(text), [bytes], 256) as object;
    assert.equal(Object.getPrototypeOf(restored), Object.prototype);
    assert.equal(Object.getOwnPropertyDescriptor(restored, "__proto__")?.value, bytes);
  });

  test("restoreAttachments() refuses when the data nests deeper than maxDepth", () => {
    assert.ok(!(restoreAttachments(nest(3), [], 3) instanceof PacketError));
    assert.ok(restoreAttachments(nest(4), [], 3) instanceof PacketError);
  });

  test("restoreAttachments() reads each value a fixed number of times when the data grows", () => {
    for (const n of [100, 200, 400]) {
      const data = Array.from({ length: n }, (_, at) => ({ at, tags: ["a", "b"], bytes: placeholder(0) }));
      const { value, count } = counted(data);
      restoreAttachments(value, [bytes], 256);
      assert.ok(count.reads <= 20 * n, `${count.reads} reads for ${n} objects`);
    }
  });
});
