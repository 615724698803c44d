/** Drives the app with released clients. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { assertAnswers, next, open, withApp, withEachTransport } from "../check.mjs";

const { name } = JSON.parse(readFileSync("node_modules/socket.io/package.json", "utf8"));
assert.equal(name, "omnisocket", "the plugin finds omnisocket under the name socket.io");

await withApp([process.execPath, "app.mjs"], async (url) => {
  const path = { path: "/live" };
  await withEachTransport(url, async (socket) => {
    assert.equal(await socket.emitWithAck("echo", "naïve"), "naïve");
    const announcement = next(socket, "announcement");
    await assertAnswers(`${url}/announce`, "announced");
    assert.deepEqual(await announcement, ["to everyone"]);
  }, path);
  await assertAnswers(`${url}/page`, "the app");
  // It stays, so that the app has somebody to say goodbye to.
  await open(url, { ...path, transports: ["polling"] });
});
