import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { EngineOptions } from "../../src/engine/options.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";

/** What a poll gets whose body is `length` characters long. */
async function pollFor(length: number, acceptEncoding: string, options: EngineOptions = {}, compress = true) {
  const memory = new MemoryEngine(options);
  const client = await connectPolling(memory);
  memory.last.conn.send("x".repeat(length - 1), { compress });
  const poll = client.poll({ headers: { "accept-encoding": acceptEncoding } });
  await poll.done;
  return poll;
}

async function inflate(body: Uint8Array, encoding: "gzip" | "deflate"): Promise<string> {
  return new Response(new Blob([body.slice()]).stream().pipeThrough(new DecompressionStream(encoding))).text();
}

describe("the compression of replies (W-33)", () => {
  test("starts at the threshold, 1024 by default", async () => {
    for (const [length, options, encoding] of [
      [1023, {}, undefined],
      [1024, {}, "gzip"],
      [99, { httpCompression: { threshold: 100 } }, undefined],
      [100, { httpCompression: { threshold: 100 } }, "gzip"],
      [1024, { httpCompression: {} }, "gzip"],
      [1024, { httpCompression: true }, "gzip"],
      [5000, { httpCompression: false }, undefined],
    ] as const) {
      const { headers } = await pollFor(length, "gzip", options);
      assert.equal(headers["content-encoding"], encoding, `${length} with ${JSON.stringify(options)}`);
    }
  });

  for (const [accept, encoding] of [
    ["gzip", "gzip"],
    ["gzip, deflate, br", "gzip"],
    ["deflate", "deflate"],
    ["deflate;q=0.5, gzip;q=0", "deflate"],
    ["GZIP ; q=0.3", "gzip"],
    ["gzip;q=0.000", undefined],
    ["br", undefined],
    ["identity", undefined],
  ] as const) {
    test(`uses ${encoding ?? "nothing"} when the client accepts "${accept}"`, async () => {
      const { headers, reply, body } = await pollFor(2000, accept);
      assert.equal(headers["content-encoding"], encoding);
      const expected = `4${"x".repeat(1999)}`;
      if (encoding === undefined) return assert.equal(body, expected);
      assert.equal(headers["vary"], "Accept-Encoding");
      assert.ok(reply!.body!.length < 200);
      assert.equal(await inflate(reply!.body as Uint8Array, encoding), expected);
    });
  }

  test("leaves alone what a message does not want compressed", async () => {
    assert.equal((await pollFor(2000, "gzip", {}, false)).headers["content-encoding"], undefined);
  });

  test("keeps the Vary of CORS", async () => {
    assert.equal((await pollFor(2000, "gzip", { cors: { origin: "https://a.example" } })).headers["vary"], "Origin, Accept-Encoding");
  });
});
