/** Drives the built app with released clients, and its page in Chromium; then the same page in development. */
import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { withBrowser } from "../browser.mjs";
import { next, withApp, withEachTransport } from "../check.mjs";

/** Milliseconds after which a server ends WebSocket handshakes that are nobody's: `destroyUpgradeTimeout`. */
const DESTROY = 1000;
const SERVER = [process.execPath, "server.mjs"];

await withApp(SERVER, checkProduction, { NODE_ENV: "production" });
await withApp(SERVER, checkDevelopment, { NODE_ENV: "development" });

async function checkProduction(url) {
  await checkClients(url);
  assert.equal((await fetch(`${url}/nowhere`)).status, 404);
  await withBrowser(async (browser) => {
    const ada = await openPage(browser, url);
    const bob = await openPage(browser, url);
    await say(ada, "naïve");
    await bob.getByText("naïve").waitFor();
    await say(bob, "hello");
    await ada.getByText("hello").waitFor();
  });
}

async function checkDevelopment(url) {
  await checkClients(url);
  await withBrowser(async (browser) => {
    const page = await browser.newPage();
    const reloading = page.waitForEvent("websocket", (socket) => socket.url().includes("/_next/"));
    await goto(page, url);
    const socket = await reloading;
    await wait(DESTROY + 200);
    assert.equal(socket.isClosed(), false, "the WebSocket of hot reloading stays open");
    await say(page, "still here");
    await page.getByText("still here").waitFor();
  });
}

async function checkClients(url) {
  await withEachTransport(url, async (socket) => {
    const said = next(socket, "said");
    await socket.emitWithAck("say", "hello");
    assert.deepEqual(await said, [{ by: socket.id, text: "hello" }]);
  });
}

async function openPage(browser, url) {
  const page = await browser.newPage();
  await goto(page, url);
  return page;
}

async function goto(page, url) {
  await page.goto(url);
  await page.getByText("connected", { exact: true }).waitFor();
}

async function say(page, text) {
  await page.getByLabel("Text").fill(text);
  await page.getByRole("button", { name: "Say" }).click();
}
