/** Drives the app with released clients. */
import assert from "node:assert/strict";
import { assertAnswers, next, open, withApp, withEachTransport } from "../check.mjs";

await withApp([process.execPath, "server.mjs"], async (url) => {
  await withEachTransport(url, async (socket) => {
    assert.equal(await socket.emitWithAck("echo", "naïve"), "naïve");
    const announcement = next(socket, "announcement");
    await assertAnswers(`${url}/announce`, "announced");
    assert.deepEqual(await announcement, ["to everyone"]);
  });
  await assertAnswers(`${url}/page`, "the app");
  // It stays, so that the app has somebody to say goodbye to.
  await open(url, { transports: ["polling"] });
});
