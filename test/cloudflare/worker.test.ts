/** What is Cloudflare's own beside the conformance suite: routing, requests of the app, alarms, storage, Hono, the example. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { build } from "esbuild";
import { type Json, Miniflare, type MiniflareOptions } from "miniflare";
import { type ManagerOptions, type Socket, type SocketOptions, io as connect } from "socket.io-client";
import { beforeAll, describe, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";

const ROOT = join(import.meta.dirname, "../..");
const bundle = join(ROOT, ".cache/cloudflare/worker.mjs");

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, "worker.mjs")],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    external: ["cloudflare:workers"],
  });
});

describe("a Worker with Durable Objects (G44)", () => {
  test("routes by name: clients of two objects do not hear each other", async () => {
    const { url } = await start();
    const [red, blue] = await Promise.all([enter(url, "red"), enter(url, "blue")]);
    const heard: string[] = [];
    red.on("said", () => heard.push("red"));
    blue.on("said", () => heard.push("blue"));
    red.emit("say");
    await Promise.all([red.emitWithAck("name"), blue.emitWithAck("name")]);
    assert.deepEqual(heard, ["red"]);
  });

  test("leaves other requests to the Worker, and to `onRequest`, which may emit", async () => {
    const { url } = await start();
    assert.equal(await (await fetch(`${url}/`)).text(), "the app");
    const red = await enter(url, "red");
    const said = new Promise((resolve) => red.on("said", resolve));
    assert.equal(await (await fetch(`${url}/say?room=red`)).text(), "1 connection");
    assert.equal(await said, "by request");
  });

  test("serves inside an app of Hono", async () => {
    const { url } = await start();
    const socket = await enter(url, "hono", "/hono/socket.io");
    assert.equal(await socket.emitWithAck("name"), "hono");
  });

  test("shares its one alarm with the app, also when it was set before a sleep and another one fails", async () => {
    const { url, evict, logged } = await start();
    const socket = await enter(url, "red");
    const rung = new Promise((resolve) => socket.on("rung", resolve));
    await socket.emitWithAck("ring in", 400);
    await evict("red");
    assert.equal(await rung, "tea");
    assert.ok(logged.some((line) => line.includes("onAlarm failed")), logged.join("\n"));
  });

  test("leaves WebSockets of the app's own in the same object alone", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    await socket.emitWithAck("keep", "value");
    const own = new WebSocket(`${url.replace("http", "ws")}/own?room=red`);
    onTestFinished(() => own.terminate());
    await new Promise((resolve) => own.once("open", resolve));
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "value", recovered: true });
    const echo = new Promise((resolve) => own.once("message", (data: Buffer) => resolve(data.toString())));
    own.send("hello");
    assert.equal(await echo, "hello");
    const said = new Promise((resolve) => socket.once("said", resolve));
    const closed = new Promise((resolve) => own.once("close", resolve));
    own.close(4000);
    assert.deepEqual([await said, await closed], ["own left", 4000]);
  });

  test("goes on where the app has the platform answer pings of its own", async () => {
    const { url } = await start({ OWN_PINGS: true });
    const socket = await enter(url, "red");
    // Twice what may be unsent.
    for (let n = 0; n < 20; n++) assert.equal((await socket.emitWithAck("read", 100_000)).length, 100_000);
    assert.equal(socket.connected, true);
  });

  test("keeps data that is too large for the WebSocket", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    const large = "x".repeat(40_000);
    await socket.emitWithAck("keep", large);
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: large, recovered: true });
    await socket.emitWithAck("keep", "small again");
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "small again", recovered: true });
  });

  test("keeps what a listener changes within an object of its data", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    for (const value of ["one", "two"]) await socket.emitWithAck("keep another", value);
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: ["one", "two"], recovered: true });
  });

  test("writes a large auth once, however often data changes", async () => {
    const { url, evict } = await start();
    const auth = { list: Array.from({ length: 10_000 }, (_, index) => ({ index })) };
    for (const transport of ["websocket", "polling"]) {
      const socket = await enter(url, "red", "/socket.io", { auth, transports: [transport] });
      assert.equal((await socket.emitWithAck("writes")).auth, 1);
      for (const count of [1, 2, 3]) assert.equal(await socket.emitWithAck("count"), count);
      assert.equal((await socket.emitWithAck("writes")).auth, 0);
      if (transport === "polling") continue;
      await evict("red");
      assert.deepEqual(await socket.emitWithAck("auth"), auth);
      assert.equal(await socket.emitWithAck("count"), 4);
      assert.deepEqual(await socket.emitWithAck("writes"), { connection: 0, auth: 0 });
      await socket.emitWithAck("change auth");
      assert.equal((await socket.emitWithAck("writes")).auth, 1);
      await evict("red");
      assert.equal((await socket.emitWithAck("auth")).list.at(-1), "changed");
    }
  });

  test("forgets a large auth with its connection", async () => {
    const { url } = await start();
    const auth = { list: Array.from({ length: 10_000 }, (_, index) => ({ index })) };
    const socket = await enter(url, "red", "/socket.io", { auth });
    assert.equal(await socket.emitWithAck("kept auths"), 1);
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("leave");
    await gone;
    assert.equal(await (await enter(url, "red")).emitWithAck("kept auths"), 0);
  });

  test("says so once when data cannot be kept, and goes on", async () => {
    const { url, evict, logged } = await start();
    const socket = await enter(url, "red");
    await socket.emitWithAck("keep", "before");
    await socket.emitWithAck("keep a function");
    await socket.emitWithAck("kept");
    assert.equal(logged.join("").split("Cannot keep socket.data").length, 2, logged.join("\n"));
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "before", recovered: true });
  });

  test("keeps what a listener changes after an await", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    socket.emit("keep later", "patience");
    await new Promise((resolve) => socket.on("kept later", resolve));
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "patience", recovered: true });
  });

  test("keeps what a callback changes that was called because nobody answered in time", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    await socket.emitWithAck("keep in vain");
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "in vain", recovered: true });
  });

  test("keeps the others' data where that of one fails", async () => {
    const { url, evict, logged } = await start();
    const [broken, other] = [await enter(url, "red"), await enter(url, "red")];
    await broken.emitWithAck("keep", "before");
    await broken.emitWithAck("keep for all", "kept");
    assert.equal(logged.join("").split("Cannot keep socket.data").length, 2, logged.join("\n"));
    await evict("red");
    assert.deepEqual(await other.emitWithAck("kept"), { value: "kept", recovered: true });
    assert.deepEqual(await broken.emitWithAck("kept"), { value: "before", recovered: true });
  });

  test("keeps a client that came by an upgrade, and lets the object sleep", async () => {
    const { url, evict } = await start();
    const socket = connect(url, { query: { room: "red" }, forceNew: true, reconnection: false });
    onTestFinished(() => void socket.close());
    await new Promise((resolve) => socket.io.engine.on("upgrade", resolve));
    await socket.emitWithAck("keep", "before");
    const { id } = socket;
    await evict("red");
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "before", recovered: true });
    assert.equal(socket.id, id);
  });

  test("drops what is volatile long before the connection is closed, and nothing once the client has read the rest (G5)", async () => {
    const { url } = await start();
    const socket = await enter(url, "red");
    const heard: unknown[] = [];
    socket.on("large", (text) => heard.push(text));
    // 1,000,000 bytes in one turn: a bit more than 262,144 of them go.
    assert.deepEqual(await socket.emitWithAck("many volatile", 100), { dropped: 73, pressed: 1 });
    assert.deepEqual(await socket.emitWithAck("many volatile", 1), { dropped: 0, pressed: 0 });
    assert.equal(heard.length, 28);
  });

  test("times a client out that says nothing, though the object slept", async () => {
    const { url, evict } = await start();
    const silent = await joinSilently(url, "red");
    const closed = new Promise((resolve) => silent.on("close", resolve));
    await evict("red");
    await closed;
    assert.equal(await visit(url), "0 connection");
  });

  test("does not bring back a client that it has ended, though the client does not answer the close frame", async () => {
    const { url, evict } = await start();
    const deaf = await joinSilently(url, "red");
    deaf.pause();
    deaf.send('42["leave"]');
    while ((await visit(url)) !== "0 connection") await setImmediate();
    await evict("red");
    assert.equal(await visit(url), "0 connection");
  });

  test("gives clients their sockets back after a deploy, with what they have missed", async () => {
    const { url, evict, deploy } = await start({ RECOVERING: true });
    const socket = await enter(url, "red");
    const heard: unknown[] = [];
    socket.on("said", (by) => heard.push(by));
    await socket.emitWithAck("keep", "before");
    const { id } = socket;
    await evict("red");
    await socket.emitWithAck("kept");
    const gone = new Promise((resolve) => socket.once("disconnect", resolve));
    socket.emit("say");
    await socket.emitWithAck("name");
    await deploy();
    await gone;
    // The first that the new instance hears of.
    assert.equal(await visit(url), "0 connection");
    const back = new Promise((resolve) => socket.once("connect", () => resolve(undefined)));
    socket.connect();
    await back;
    assert.deepEqual(await socket.emitWithAck("kept"), { value: "before", recovered: true });
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
    assert.deepEqual(heard, ["by client", "by request"]);
  });

  test("closes in good order when the app says so, and is open again when it comes back into memory (G40)", async () => {
    const { url, evict } = await start();
    const [socket, polling] = [await enter(url, "red"), connect(url, { query: { room: "red" }, transports: ["polling"], forceNew: true, reconnection: false })];
    onTestFinished(() => void polling.close());
    await new Promise((resolve) => polling.once("connect", () => resolve(undefined)));
    const heard: unknown[] = [];
    const gone = [socket, polling].map((each) => new Promise((resolve) => each.on("said", (by) => heard.push(by)).once("disconnect", resolve)));
    socket.emit("say");
    await socket.emitWithAck("name");
    assert.equal(await (await fetch(`${url}/close?room=red`)).text(), "0 connection");
    // Neither is "io server disconnect", after which the official client stays away.
    assert.deepEqual(await Promise.all(gone), ["transport close", "transport close"]);
    assert.deepEqual(heard, ["by client", "by client"]);
    const refused = await fetch(`${url}/socket.io/?EIO=4&transport=polling&room=red`);
    assert.deepEqual([refused.status, refused.headers.has("retry-after")], [503, true]);
    await evict("red");
    assert.equal(await (await enter(url, "red")).emitWithAck("name"), "red");
  });

  test("stays awake for an answer with a timeout, and takes a late one for nobody's", async () => {
    const { url, evict } = await start();
    const socket = await enter(url, "red");
    const question = new Promise<(answer: string) => void>((resolve) => socket.once("question", resolve));
    socket.on("said", (text) => assert.fail(text));
    socket.emit("ask me");
    const answer = await question;
    await evict("red");
    answer("late");
    assert.equal(await socket.emitWithAck("name"), "red");
    const asked = new Promise((resolve) => socket.on("asked", resolve));
    socket.emit("ask me in time");
    await socket.emitWithAck("name");
    await evict("red");
    assert.equal(await asked, "operation has timed out");
  });
});

test("the chat deploys, as far as can be told without doing so", { timeout: 60_000 }, async () => {
  const wrangler = join(ROOT, "node_modules/.bin/wrangler");
  const args = ["deploy", "--dry-run", "--config", "examples/chat/wrangler.jsonc", "--outdir", ".cache/wrangler"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };
  const { stdout } = await promisify(execFile)(wrangler, args, { cwd: ROOT, env });
  assert.match(stdout, /env\.CHAT \(Chat\)/);
});

async function start(bindings: Record<string, Json> = {}) {
  const storage = await mkdtemp(join(tmpdir(), "omnisocket-"));
  onTestFinished(() => rm(storage, { recursive: true }));
  const logged: string[] = [];
  const options = {
    modules: true,
    scriptPath: bundle,
    compatibilityDate: "2026-01-01",
    durableObjects: { ROOMS: { className: "Room", useSQLite: true } },
    host: "127.0.0.1",
    port: 0,
    bindings,
    durableObjectsPersist: storage,
    handleRuntimeStdio(stdout: Readable, stderr: Readable) {
      for (const stream of [stdout, stderr]) stream.on("data", (data: Buffer) => logged.push(String(data)));
    },
  } satisfies MiniflareOptions;
  const miniflare = new Miniflare(options);
  onTestFinished(() => miniflare.dispose());
  const url = (await miniflare.ready).origin;
  const evict = (name: string) => miniflare.unsafeEvictDurableObject("", "Room", { name, webSockets: "hibernate" });
  /** Another process takes over: what is not stored is gone, connections too. */
  const deploy = async (): Promise<void> => {
    await miniflare.setOptions({ ...options, port: Number(new URL(url).port) });
    await miniflare.ready;
  };
  return { url, evict, deploy, logged };
}

/** Joins without a client: it answers no ping. */
async function joinSilently(url: string, room: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket&room=${room}`);
  onTestFinished(() => socket.terminate());
  socket.on("open", () => socket.send("40"));
  await new Promise<void>((resolve) => socket.on("message", (data) => (data as Buffer).toString().startsWith("40{") && resolve()));
  return socket;
}

async function visit(url: string): Promise<string> {
  return (await fetch(`${url}/say?room=red`)).text();
}

/** Milliseconds after which an answer does not come any more: better than that the test takes too long. */
const ACK_TIMEOUT = 20_000;

async function enter(url: string, room: string, path = "/socket.io", options: Partial<ManagerOptions & SocketOptions> = {}): Promise<Socket> {
  const socket = connect(url, { path, query: { room }, transports: ["websocket"], forceNew: true, reconnection: false, ackTimeout: ACK_TIMEOUT, ...options });
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject));
  return socket;
}
