/** Drives the app with released clients, first under the alias, then with the adapter. */
import "reflect-metadata";
import assert from "node:assert/strict";
import { NestFactory } from "@nestjs/core";
import * as omnisocket from "omnisocket";
import * as alias from "socket.io";
import { assertAnswers, next, open, withApp, withEachTransport } from "../check.mjs";
import { AppModule } from "./dist/app.module.js";
import { ChatGateway } from "./dist/chat.gateway.js";
import { OmnisocketAdapter } from "./dist/omnisocket.adapter.js";

await withApp([process.execPath, "dist/main.js"], checkApp);
await checkServer(alias.Server, () => {});
await checkServer(omnisocket.Server, (app) => app.useWebSocketAdapter(new OmnisocketAdapter(app)));

/** The gateways' server is an `expected`, and that serves clients. */
async function checkServer(expected, prepare) {
  const app = await NestFactory.create(AppModule, { logger: false });
  prepare(app);
  await app.listen(0, "127.0.0.1");
  assert.ok(app.get(ChatGateway).server instanceof expected);
  await checkApp(await app.getUrl());
  await app.close();
}

async function checkApp(url) {
  await assertAnswers(`${url}/page`, "the app");
  await withEachTransport(url, (ada) => checkChat(url, ada), { auth: { name: "Ada" } });
  await withEachTransport(`${url}/news`, checkNews);
}

async function checkChat(url, ada) {
  const bob = await open(url, { auth: { name: "Bob" } });
  assert.deepEqual(await ada.emitWithAck("join", "tea"), ["Ada"]);
  assert.deepEqual((await bob.emitWithAck("join", "tea")).toSorted(), ["Ada", "Bob"]);

  const said = next(bob, "said");
  assert.equal(await ada.emitWithAck("say", { room: "tea", text: "naïve" }), "said");
  assert.deepEqual(await said, [{ by: "Ada", text: "naïve" }]);

  const announcement = next(ada, "announcement");
  await assertAnswers(`${url}/announce`, "announced");
  assert.deepEqual(await announcement, ["to everyone"]);

  await checkAnswers(ada);
  await checkRefusals(url, ada);
  const left = next(ada, "left");
  bob.disconnect();
  assert.deepEqual(await left, ["Bob"]);
}

async function checkAnswers(ada) {
  assert.equal(await ada.emitWithAck("size", new Uint8Array(3)), 3);
  const counted = [];
  const done = new Promise((resolve) => ada.on("count", (n) => counted.push(n) === 3 && resolve()));
  ada.emit("countdown", 3);
  await done;
  assert.deepEqual(counted, [3, 2, 1]);
}

async function checkRefusals(url, ada) {
  const refused = next(ada, "refused");
  ada.emit("say", { room: "tea", text: "" });
  assert.deepEqual(await refused, ["There is nothing to say"]);

  const stranger = await open(url);
  const guarded = next(stranger, "refused");
  stranger.emit("say", { room: "tea", text: "hello" });
  assert.deepEqual(await guarded, ["Forbidden resource"]);
  const left = next(ada, "left");
  stranger.disconnect();
  assert.deepEqual(await left, [null]);
}

async function checkNews(reader) {
  assert.deepEqual(await reader.emitWithAck("headline"), { namespace: "/news", readers: 1 });
}
