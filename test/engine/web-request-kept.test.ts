import assert from "node:assert/strict";
import { describe, test } from "#test";
import { WebRequest } from "../../src/engine/web-request.ts";

const headers = { cookie: "a=1; b=2", host: "example.org", "x-empty": "" };

function handshake(): Request {
  return new Request("http://localhost/socket.io/?EIO=4&transport=polling", { headers });
}

describe("a handshake that has its reply", () => {
  test("is made anew, once, for the first who asks", () => {
    const request = handshake();
    const asked = new WebRequest(request, { remoteAddress: "192.0.2.1" });
    asked.settle();
    const { raw } = asked;
    assert.notEqual(raw, request);
    assert.equal(asked.raw, raw);
    assert.equal(raw.url, request.url);
    assert.deepEqual(Object.fromEntries(raw.headers), headers);
    assert.equal(asked.remoteAddress, "192.0.2.1");
  });

  test("is the platform's own for those who have seen it before", () => {
    const request = handshake();
    const asked = new WebRequest(request, {});
    assert.equal(asked.raw, request);
    asked.settle();
    assert.equal(asked.raw, request);
  });

  test("still tells its headers, and without any", () => {
    const asked = new WebRequest(handshake(), {});
    asked.settle();
    asked.settle();
    assert.deepEqual([asked.headers.get("cookie"), asked.headers.get("x-empty"), asked.headers.get("origin")], ["a=1; b=2", "", null]);
    const bare = new WebRequest(new Request("http://localhost/socket.io/"), {});
    bare.settle();
    bare.headers.forEach(() => assert.fail("there was none"));
  });
});
