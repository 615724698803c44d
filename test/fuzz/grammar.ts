/** What peers send, as the protocols' grammars have it, and near misses: productions with something wrong. */
import fc, { type Arbitrary } from "fast-check";

/** One of these, as often as its weight says. */
function weighed<T>(...options: readonly (readonly [weight: number, arbitrary: Arbitrary<T>])[]): Arbitrary<T> {
  return fc.oneof(...options.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const text = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "binary", maxLength: 20 }));
const odd = fc.constantFrom("", "\x1e", "\u0000", " ", "-", ",", "/", "[", "{", '"', "\\", "\ud800", "é", "😀", "%", ":", "999999999999", "_placeholder", "__proto__");

/** A text with some of its characters gone, doubled, replaced or moved. */
export function nearly(arbitrary: Arbitrary<string>): Arbitrary<string> {
  const edit = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 3 }), odd, fc.boolean());
  const edited = fc.tuple(arbitrary, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([original, edits]) => {
    return edits.reduce((result, [place, length, insert, doubles]) => {
      const at = Math.floor(place * result.length);
      return result.slice(0, at) + insert + (doubles ? result.slice(at, at + length) : "") + result.slice(doubles ? at : at + length);
    }, original);
  });
  return weighed([3, arbitrary], [2, edited]);
}

const number = weighed(
  [4, fc.integer({ min: 0, max: 12 }).map(String)],
  [1, fc.constantFrom("", "-1", "007", "1.5", "1e3", "0x1", "9007199254740991", "9007199254740993", "9".repeat(40), "9".repeat(400))],
);
const namespace = weighed(
  [5, fc.constant("")],
  [3, fc.constantFrom("/,", "/a,", "/nope,", "/d1,", "/a?x=1,", "/__proto__,", "/a")],
  [1, fc.integer({ min: 200, max: 300 }).map((length) => `/${"n".repeat(length)},`)],
);
const placeholder = fc.oneof(fc.integer({ min: -1, max: 3 }), fc.constantFrom("0", 0.5, null, true)).map((num) => ({ _placeholder: true, num }));
const value: Arbitrary<unknown> = fc.oneof(
  { maxDepth: 3, withCrossShrink: true },
  fc.jsonValue({ maxDepth: 2 }),
  placeholder,
  fc.constantFrom({ toString: "x" }, { constructor: 1 }, JSON.parse('{"__proto__":{"x":1}}') as unknown),
);
const eventName = weighed<unknown>(
  [5, fc.constantFrom("echo", "m", "boom", "reject", "ack")],
  [2, fc.constantFrom("error", "connect", "disconnect", "disconnecting", "newListener", "constructor", "__proto__", "", 1, null, {}, [])],
  [1, value],
);
const json = weighed(
  [6, fc.tuple(eventName, fc.array(value, { maxLength: 4 })).map(([name, args]) => JSON.stringify([name, ...args]))],
  [1, fc.constantFrom("", "[]", "{}", "null", "[123]", '["a"]x', "{", `["m",${"[".repeat(300)}${"]".repeat(300)}]`, `["m"${",1".repeat(1_100)}]`)],
  [1, fc.integer({ min: 1, max: 2_000 }).map((depth) => `["m",${"[".repeat(depth)}`)],
);

/** `<type>[<attachments>-][<nsp>,][<ack id>][<JSON>]` */
export const socketPacket = nearly(
  fc.oneof(
    fc.tuple(fc.constantFrom("2", "2", "3", "0", "1", "4", "7"), namespace, fc.oneof(fc.constant(""), number), json).map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("5", "6"), number, fc.constantFrom("-", "-", "-", ""), namespace, fc.oneof(fc.constant(""), number), json).map((parts) => parts.join("")),
    fc.tuple(fc.constantFrom("0", "1"), namespace, fc.oneof(fc.constant(""), value.map((each) => JSON.stringify(each)))).map((parts) => parts.join("")),
  ),
);

/** `<type><content>`, or `b<base64>` */
export const enginePacket = weighed(
  [6, socketPacket.map((packet) => `4${packet}`)],
  [2, fc.constantFrom("0", "1", "2", "2probe", "3", "3probe", "5", "6", "", "7", "x", "b", "b!", "b=", "bAAA", "40", "41")],
  [1, fc.base64String({ maxLength: 40 }).map((content) => `b${content}`)],
  [1, text],
);

/** `<packet>[␞<packet>]*` */
export const payload = nearly(fc.array(enginePacket, { minLength: 1, maxLength: 6 }).map((packets) => packets.join("\x1e")));

/** `[<length>:<packet>]*` */
export const payloadV3 = nearly(
  fc.array(fc.tuple(enginePacket, fc.integer({ min: -1, max: 8 })), { maxLength: 5 }).map((packets) => {
    return packets.map(([packet, off]) => `${packet.length + (off === 8 ? 1 : off === -1 ? -1 : 0)}:${packet}`).join("");
  }),
);

/** `[<0 or 1><digits><255><content>]*` */
export const bytesPayloadV3 = fc.array(
  fc.tuple(fc.constantFrom(0, 1, 1, 2, 255), fc.oneof(fc.uint8Array({ maxLength: 12 }), enginePacket.map((each) => new TextEncoder().encode(each))), fc.integer({ min: -1, max: 6 })),
  { maxLength: 5 },
).map((entries) => {
  return Uint8Array.from(entries.flatMap(([kind, content, off]) => {
    const length = Math.max(0, content.length + (off === 6 ? 1 : off === -1 ? -1 : 0));
    return [kind, ...Array.from(String(length), Number), 255, ...content];
  }));
});

const parameter = fc.tuple(
  fc.constantFrom("EIO", "transport", "sid", "t", "j", "b64", "__proto__", "a[]", "%zz", "é"),
  fc.oneof(fc.constantFrom("4", "3", "5", "polling", "websocket", "webtransport", "$sid", "$other", "", "0", "abc", "%", "constructor"), text),
);

/** A query; `$sid` stands for the session's id, `$other` for the neighbour's. */
export const query = nearly(
  weighed(
    [5, fc.constant("EIO=4&transport=polling&sid=$sid")],
    [1, fc.constant("EIO=4&transport=websocket&sid=$sid")],
    [1, fc.constant("EIO=4&transport=polling")],
    [2, fc.array(parameter, { maxLength: 6 }).map((all) => all.map((pair) => pair.join("=")).join("&"))],
  ),
);

const token = fc.constantFrom("gzip", "deflate, gzip;q=0", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "https://evil.example", "null", "-1", "1e9", "999999", "a=1");

export const headers = fc.dictionary(
  fc.constantFrom("content-type", "content-encoding", "content-length", "accept-encoding", "origin", "cookie", "host", "access-control-request-method"),
  token,
  { maxKeys: 3 },
);
