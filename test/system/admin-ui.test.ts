/** The page of `@socket.io/admin-ui` in Chromium, on a server of ours. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type RequestListener, createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { instrument } from "@socket.io/admin-ui";
import { type Browser, type Locator, type Page, chromium } from "playwright-core";
import { type Socket as Client, io as connectTo } from "socket.io-client";
import { afterAll, beforeAll, describe, test } from "vitest";
import { Server } from "../../runtimes/node.ts";
import { ROOT, requireProgram } from "./program.ts";

const CHROMIUM = "/usr/bin/chromium";
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const SCREENSHOTS = join(ROOT, ".cache/screenshots");
const PAGE = join(dirname(createRequire(import.meta.url).resolve("@socket.io/admin-ui")), "../ui/dist");
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png" };

/** "changeit", as the README of the package has it. */
const password = "$2b$10$heqvAkYMez.Va6Et2uXInOnkCT6/uQj1brkrbyG3LpopDklcq7ZOS";

/** Ada's and Bob's programs are in the lobby, and an administrator looks at them. */
describe("the page of the admin UI", () => {
  const http = createServer(servePage);
  const io = new Server(http);
  const faults: string[] = [];
  let url: string;
  let browser: Browser;
  let page: Page;
  let ada: Client;
  let bob: Client;

  beforeAll(async () => {
    await requireProgram("Chromium", [CHROMIUM, "--version"], "chromium");
    await once(http.listen(0, "127.0.0.1"), "listening");
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    instrument(io as never, { auth: { type: "basic", username: "admin", password }, serverId: "the first server", mode: "development" });
    io.on("connection", (socket) => {
      socket.data.name = socket.handshake.auth["name"];
      void socket.join("lobby");
      socket.on("hello", (answer) => {
        io.to("lobby").emit("greeting", socket.data.name);
        answer();
      });
    });
    io.of("/news").on("connection", () => {});
    ada = await connect("Ada", ["websocket"]);
    bob = await connect("Bob", ["polling"]);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => faults.push(error.message));
    // Fonts and icons.
    await page.route(({ hostname }) => hostname !== "127.0.0.1", (route) => route.abort());
    await page.goto(url);
  });

  afterAll(async () => {
    await browser?.close();
    ada?.close();
    bob?.close();
    await io.close();
  });

  async function connect(name: string, transports: string[]): Promise<Client> {
    const client = connectTo(url, { auth: { name }, transports, forceNew: true, reconnection: false });
    await new Promise<void>((resolve) => client.on("connect", resolve));
    return client;
  }

  test("lets in who knows the password", async () => {
    await page.getByLabel("Server URL").fill(url);
    await page.getByLabel("Username").fill("admin");
    await page.getByLabel("Password").fill("guess");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByText("Invalid credentials").waitFor();
    await page.getByLabel("Password").fill("changeit");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.locator("header").getByText("connected", { exact: true }).first().waitFor();
    await page.locator(".v-overlay").waitFor({ state: "detached" });
  });

  test("shows servers, clients and namespaces at one look", async () => {
    await row("WebSocket").getByText("2", { exact: true }).waitFor();
    await row("HTTP long-polling").getByText("1", { exact: true }).waitFor();
    await row("/news").getByText("0", { exact: true }).waitFor();
    await row("healthy").getByText("1", { exact: true }).waitFor();
    await save("admin-dashboard.png");
    await goTo("Servers");
    await row("the first server").getByText(String(process.pid)).waitFor();
  });

  test("shows clients, sockets and rooms", async () => {
    await goTo("Clients");
    await row("HTTP long-polling").waitFor();
    assert.equal(await row("WebSocket").count(), 2);
    await goTo("Sockets");
    await row(ada.id!).getByText("WebSocket").waitFor();
    await row(bob.id!).getByText("HTTP long-polling").waitFor();
    await goTo("Rooms");
    await row("lobby").getByText("2", { exact: true }).waitFor();
    await row("lobby").click();
    await row(ada.id!).waitFor();
    await row(bob.id!).waitFor();
    await save("admin-room.png");
  });

  test("shows events as they happen", async () => {
    await goTo("Events");
    await ada.emitWithAck("hello");
    await page.locator("main tr", { hasText: ada.id! }).filter({ hasText: "Event received" }).filter({ hasText: "hello" }).waitFor();
    for (const { id } of [ada, bob]) {
      await page.locator("main tr", { hasText: id! }).filter({ hasText: "Event sent" }).filter({ hasText: "greeting" }).waitFor();
    }
    const eve = await connect("Eve", ["websocket"]);
    const { id } = eve;
    await page.locator("main tr", { hasText: id! }).filter({ hasText: "Connection" }).waitFor();
    eve.close();
    await page.locator("main tr", { hasText: id! }).filter({ hasText: "Disconnection" }).filter({ hasText: "client namespace disconnect" }).waitFor();
    await save("admin-events.png");
  });

  test("puts a socket into a room, and takes it out again", async () => {
    await goTo("Sockets");
    await row(ada.id!).click();
    await page.getByRole("code").filter({ hasText: '"name": "Ada"' }).waitFor();
    const joined = new Promise<void>((resolve) => io.of("/").adapter.on("join-room", (room: string) => room === "garden" && resolve()));
    await page.getByLabel("Join a room").fill("garden");
    await page.locator("main form button[type=submit]").click();
    await joined;
    await row("garden").waitFor();
    await save("admin-socket.png");
    const left = new Promise<void>((resolve) => io.of("/").adapter.on("leave-room", (room: string) => room === "garden" && resolve()));
    await row("garden").getByRole("button").click();
    await left;
    await goTo("Rooms");
    await row("lobby").waitFor();
    await row("garden").waitFor({ state: "detached" });
    assert.deepEqual([...io.sockets.sockets.get(ada.id!)!.rooms], [ada.id, "lobby"]);
  });

  test("ends sockets, from the list of all and from that of a room", async () => {
    const adaGone = new Promise((resolve) => ada.once("disconnect", resolve));
    await goTo("Sockets");
    await row(ada.id!).getByRole("button").click();
    assert.equal(await adaGone, "io server disconnect");
    const bobGone = new Promise((resolve) => bob.once("disconnect", resolve));
    await goTo("Rooms");
    await row("lobby").getByText("1", { exact: true }).waitFor();
    await row("lobby").click();
    await row(bob.id!).getByRole("button").last().click();
    assert.equal(await bobGone, "io server disconnect");
    assert.equal(io.sockets.sockets.size, 0);
    assert.deepEqual(faults, []);
  });

  /** The row of the page's tables that contains `text`. */
  function row(text: string): Locator {
    return page.locator("main tbody tr", { hasText: text });
  }

  async function goTo(view: string): Promise<void> {
    await page.locator("nav a", { hasText: view }).click();
    await page.waitForURL(new RegExp(`#/${view.toLowerCase()}$`));
    // The last view goes while the next one comes.
    await page.waitForFunction("document.querySelectorAll('main .container--fluid > div').length === 1");
  }

  async function save(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const path = join(SCREENSHOTS, name);
    await page.screenshot({ path, animations: "disabled" });
    console.log(`Screenshot: ${path}`);
  }
});

const servePage: RequestListener = (request, response) => void sendFile(request.url ?? "/", response);

async function sendFile(path: string, response: Parameters<RequestListener>[1]): Promise<void> {
  const name = path === "/" ? "index.html" : path.replace(/\?.*/, "");
  const body = await readFile(join(PAGE, name)).catch(() => undefined);
  response.writeHead(body === undefined ? 404 : 200, { "content-type": TYPES[extname(name)] ?? "text/plain" }).end(body);
}
