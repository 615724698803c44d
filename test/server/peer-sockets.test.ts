import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, test } from "#test";
import { type AnySocket, PeerSockets } from "../../src/server/peer-sockets.ts";

const name = fc.constantFrom("/", "/a", "/b", "/c");
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), name, isJoined: fc.boolean() }),
  fc.record({ kind: fc.constant("delete" as const), name }),
);

describe("the sockets of one client", () => {
  test("are told by namespace, in the order in which it asked for them", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const sockets = new PeerSockets();
      const model = new Map<string, AnySocket | "connecting">();
      for (const each of steps) {
        if (each.kind === "delete") {
          sockets.delete(each.name);
          model.delete(each.name);
        } else {
          const place = each.isJoined ? ({ name: each.name } as unknown as AnySocket) : "connecting";
          sockets.set(each.name, place);
          model.set(each.name, place);
        }
        assert.equal(sockets.size, model.size);
        for (const known of ["/", "/a", "/b", "/c"]) assert.equal(sockets.get(known), model.get(known));
        assert.deepEqual(sockets.joined(), [...model.values()].filter((place) => place !== "connecting"));
      }
    }), { numRuns: 300 });
  });
});
