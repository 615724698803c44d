/** Drives the app with released clients, on each runtime. */
import assert from "node:assert/strict";
import { assertAnswers, next, withApp, withEachTransport } from "../check.mjs";

await withApp([process.execPath, "node.mjs"], check);
await withApp(["../../node_modules/.bin/bun", "bun.ts"], check);
await withApp(["../../node_modules/.bin/deno", "run", "--allow-net", "--allow-env", "deno.ts"], check);

async function check(url) {
  await withEachTransport(url, async (socket) => {
    assert.equal(await socket.emitWithAck("echo", "naïve"), "naïve");
    const announcement = next(socket, "announcement");
    await assertAnswers(`${url}/announce`, "announced");
    assert.deepEqual(await announcement, ["to everyone"]);
  });
  await assertAnswers(`${url}/page`, "the app");
}
