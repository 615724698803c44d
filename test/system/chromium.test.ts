import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { io as connect, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, test } from "vitest";
import { ROOT, requireProgram, type Running, startNode } from "./program.ts";

const CHROMIUM = "/usr/bin/chromium";
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SCREENSHOTS = join(ROOT, ".cache/screenshots");

interface Message {
  readonly from: { readonly name: string };
  readonly text?: string;
}

/** Ada has WebSocket, Bob's network blocks it, and Eve is a program that writes down what reaches her. */
describe("the chat in two pages of Chromium", () => {
  let chat: Running;
  let url: string;
  let browser: Browser;
  let ada: Page;
  let bob: Page;
  let eve: Socket;
  const overheard: Message[] = [];
  const faults: string[] = [];

  beforeAll(async () => {
    await requireProgram("Chromium", [CHROMIUM, "--version"], "chromium");
    chat = await startNode("examples/chat/node.mjs", { PORT: "0", HOST: "127.0.0.1" });
    url = chat.firstLine.replace("Chat at http://localhost:", "http://127.0.0.1:");
    eve = connect(url, { auth: { name: "Eve" } }).on("message", (message: Message) => overheard.push(message));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    ada = await openPage();
    bob = await openPage();
    await bob.addInitScript("delete window.WebSocket");
    await enter(ada, "Ada");
    await enter(bob, "Bob");
  });

  afterAll(async () => {
    eve?.disconnect();
    await browser?.close();
    await chat?.stop();
  });

  test("the page with WebSocket upgrades to it, the other one stays on polling", async () => {
    await shows(ada, "#status", "Online · websocket");
    await shows(bob, "#status", "Online · polling");
    assert.equal(await bob.evaluate("typeof WebSocket"), "undefined");
  });

  test("both pages show who is online", async () => {
    await shows(ada, "#people", "Bob");
    await shows(bob, "#people", "Ada");
    await shows(bob, "#people", "Eve");
    await shows(ada, "#people-count", "3");
    await shows(ada, "#talk-about", "Eve, you, Bob");
  });

  test("messages go both ways, and markup stays text", async () => {
    await say(ada, "Good morning <b>Bob</b>");
    await shows(bob, ".message:not(.mine) .bubble", "Good morning <b>Bob</b>");
    await say(bob, "Grüße, 世界");
    await shows(ada, ".message:not(.mine) .bubble", "Grüße, 世界");
    assert.equal(await bob.locator(".bubble b").count(), 0);
  });

  test("typing shows on the other page until the message arrives", async () => {
    for (const [writer, reader, name] of [[bob, ada, "Bob"], [ada, bob, "Ada"]] as const) {
      const text = `now ${name} writes a line`;
      // A volatile event may be dropped, so the line takes long enough for a few of them.
      await Promise.all([type(writer, text), shows(reader, "#typing", `${name} is typing`)]);
      await writer.getByLabel("Message", { exact: true }).press("Enter");
      await shows(reader, ".bubble", text);
      assert.equal(await reader.locator("#typing").textContent(), "");
    }
  });

  test("a picture arrives as it is, a big one smaller", async () => {
    await bob.setInputFiles("#file", { name: "page.png", mimeType: "image/png", buffer: await bob.screenshot() });
    assert.deepEqual(await lastPicture(ada, 1), [1100, 760]);
    await ada.setInputFiles("#file", { name: "big.bmp", mimeType: "image/bmp", buffer: bitmap(2000, 1000) });
    assert.deepEqual(await lastPicture(bob, 2), [1600, 800]);
    await save(ada, "chat-room.png");
  });

  test("a private message reaches its person and nobody else", async () => {
    await ada.locator("#people .item", { hasText: "Bob" }).click();
    await say(ada, "between us");
    await bob.locator("#people .item", { hasText: "Ada" }).locator(".badge", { hasText: "1" }).waitFor();
    assert.equal(await bob.locator(".bubble", { hasText: "between us" }).count(), 0, "not in the lobby");
    await bob.locator("#people .item", { hasText: "Ada" }).click();
    await shows(bob, ".bubble", "between us");
    await save(bob, "chat-private.png");
    // What follows in the lobby proves that Eve would have heard by now.
    await bob.locator("#rooms .item", { hasText: "lobby" }).click();
    await say(bob, "for everybody");
    await until(() => overheard.some(({ text }) => text === "for everybody"));
    assert.deepEqual(overheard.filter(({ text }) => text === "between us"), []);
  });

  test("a room is heard by those who are in it", async () => {
    await ada.fill("#room-name", "Garden");
    await ada.press("#room-name", "Enter");
    await shows(ada, "#talk-name", "# garden");
    await bob.locator("#rooms .item", { hasText: "garden" }).click();
    await shows(ada, "#messages", "Bob came in");
    await say(bob, "nice flowers");
    await shows(ada, ".bubble", "nice flowers");
    await bob.click("#leave");
    await shows(ada, "#messages", "Bob left");
    assert.deepEqual(overheard.filter(({ text }) => text === "nice flowers"), []);
  });

  test("a person who leaves is gone from the other page", async () => {
    await bob.close();
    // A page that polls and is closed between two polls is missed at the next heartbeat only, after 45 seconds at most.
    await ada.locator("#people-count", { hasText: "2" }).waitFor({ timeout: 55_000 });
    await shows(ada, "#people .gone", "Bob");
    assert.deepEqual(faults, []);
  });

  async function openPage(): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1100, height: 760 } });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (line) => line.type() === "error" && faults.push(line.text()));
    return page;
  }

  async function enter(page: Page, name: string): Promise<void> {
    await page.goto(url);
    await page.getByLabel("Your name").fill(name);
    await page.getByRole("button", { name: "Start chatting" }).click();
    await shows(page, "#your-name", name);
  }
});

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

async function type(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).pressSequentially(text, { delay: 150 });
}

/** Waits until an element that matches contains the text. */
async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector, { hasText: text }).first().waitFor();
}

/** The size of the last picture, once `count` are there and decoded. */
async function lastPicture(page: Page, count: number): Promise<[number, number]> {
  const picture = page.locator("img.picture").nth(count - 1);
  await picture.waitFor();
  return picture.evaluate(async (image: unknown) => {
    const decoded = image as { decode(): Promise<void>; naturalWidth: number; naturalHeight: number };
    await decoded.decode();
    return [decoded.naturalWidth, decoded.naturalHeight];
  });
}

/** An uncompressed picture with a gradient. */
function bitmap(width: number, height: number): Buffer {
  const file = Buffer.alloc(54 + width * height * 3);
  file.write("BM");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  for (let at = 54; at < file.length; at++) file[at] = ((at - 54) / width / 3 / height) * 255;
  return file;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function save(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const path = join(SCREENSHOTS, name);
  await page.screenshot({ path });
  console.log(`Screenshot: ${path}`);
}
