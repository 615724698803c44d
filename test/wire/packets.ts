import fc from "fast-check";
import { type Packet, PacketType } from "../../src/wire/packet.ts";
import { LIMITS } from "./limits.ts";

const { CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR } = PacketType;
const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

const nsp = fc.oneof(
  fc.constant("/"),
  fc
    .string({ unit: "grapheme", maxLength: 20 })
    .filter((name) => !name.includes(",") && new TextEncoder().encode(name).length < LIMITS.maxNamespaceLength)
    .map((name) => `/${name}`),
);

/** What JSON can say: it has no -0. */
export const anyJson = fc
  .jsonValue({ depthSize: "small" })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const object = fc.dictionary(fc.string(), anyJson, { noNullPrototype: true });
const none = fc.constant(undefined);
const id = fc.option(fc.maxSafeNat(), { nil: undefined });
const eventName = fc.oneof(
  fc.string().filter((name) => !RESERVED.includes(name)),
  fc.maxSafeInteger(),
);

/** What an app may pass to `emit`: JSON, and bytes anywhere in it. */
const { argument } = fc.letrec((tie) => ({
  argument: fc.oneof(
    { depthSize: "small" },
    anyJson,
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie("argument"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("argument"), { noNullPrototype: true, maxKeys: 4 }),
  ),
}));

const withArguments = fc.array(argument, { maxLength: 5 });

/** Any packet that may be sent, in the form in which it is received. */
export const anyPacket: fc.Arbitrary<Packet> = fc.oneof(
  packet(CONNECT, fc.option(object, { nil: undefined }), none),
  packet(DISCONNECT, none, none),
  packet(EVENT, fc.tuple(eventName, withArguments).map(([name, args]) => [name, ...args]), id),
  packet(ACK, withArguments, id),
  packet(CONNECT_ERROR, fc.oneof(object, fc.string()), none),
);

function packet(
  type: PacketType,
  data: fc.Arbitrary<unknown>,
  withId: fc.Arbitrary<number | undefined>,
): fc.Arbitrary<Packet> {
  return fc.tuple(nsp, data, withId).map(([name, content, number]) => ({ type, nsp: name, data: content, id: number }));
}
