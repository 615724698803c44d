/** What `@socket.io/admin-ui` reports of our server, and of a released one: the same. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { InMemoryStore, instrument } from "@socket.io/admin-ui";
import { Server as ReleasedServer } from "socket.io";
import { type Socket as Client, io as connectTo } from "socket.io-client";
import { describe, onTestFinished, test } from "vitest";
import { Server } from "../../runtimes/node.ts";

type AnyServer = ReleasedServer;

const makers = [
  { name: "ours", create: () => new Server() as unknown as AnyServer },
  { name: "released", create: () => new ReleasedServer() },
];

/** "changeit", as the README of the package has it. */
const password = "$2b$10$heqvAkYMez.Va6Et2uXInOnkCT6/uQj1brkrbyG3LpopDklcq7ZOS";

type InstrumentOptions = Parameters<typeof instrument>[1];

/** An instrumented server with an app. */
async function start(create: () => AnyServer, options: InstrumentOptions): Promise<{ io: AnyServer; url: string }> {
  const http = createServer();
  await once(http.listen(0, "127.0.0.1"), "listening");
  const io = create().attach(http, { pingInterval: 500 });
  instrument(io, { serverId: "one", ...options });
  io.on("connection", (socket) => {
    void socket.join("lobby");
    socket.data["name"] = "ada";
    socket.on("hello", (text, answer) => {
      socket.emit("welcome", text, 1);
      answer();
    });
  });
  io.of("/other").on("connection", () => {});
  onTestFinished(() => void io.close());
  return { io, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

/** What the admin's page hears. */
class Admin {
  readonly socket: Client;
  readonly heard: unknown[][] = [];
  #look = (): void => {};

  constructor(url: string, namespace = "/admin", auth: object = {}) {
    this.socket = connectTo(url + namespace, { forceNew: true, transports: ["websocket"], auth });
    onTestFinished(() => void this.socket.close());
    this.socket.onAny((...event: unknown[]) => {
      this.heard.push(event);
      this.#look();
    });
  }

  /** The first event that fits, once it is here. */
  async hears(name: string, ...args: unknown[]): Promise<unknown[]> {
    for (;;) {
      const found = this.heard.find(([is, ...rest]) => is === name && args.every((arg, index) => arg === undefined || rest[index] === arg));
      if (found) return found;
      await new Promise<void>((resolve) => (this.#look = resolve));
    }
  }
}

async function connect(url: string, options: object = {}): Promise<Client> {
  const client = connectTo(url, { forceNew: true, reconnection: false, ...options });
  onTestFinished(() => void client.close());
  await new Promise<void>((resolve) => client.on("connect", resolve));
  return client;
}

/** Everything that is different each time, made the same. */
function comparable(value: unknown, names: Readonly<Record<string, string>>): unknown {
  let text = JSON.stringify(value, (key, part: unknown) => (["clientId", "issued", "time", "t", "sec-websocket-key"].includes(key) ? key : part));
  for (const [name, id] of Object.entries(names)) text = text.replaceAll(id, name);
  text = text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "date").replace(/&t=\w+/g, "").replace(/127\.0\.0\.1:\d+/g, "host");
  return JSON.parse(text);
}

/** A visit by a client, with everything that the admin may do to it, in the order in which it was heard. */
async function story(create: () => AnyServer, options: InstrumentOptions): Promise<unknown> {
  const { url } = await start(create, { auth: false, ...options });
  const admin = new Admin(url);
  await admin.hears("all_sockets");
  const client = await connect(url);
  if (client.io.engine.transport.name === "polling") await new Promise((resolve) => client.io.engine.once("upgrade", resolve));
  const id = client.id!;
  const welcomed = new Promise((resolve) => client.once("welcome", (...args: unknown[]) => resolve(args)));
  await client.emitWithAck("hello", "hi");
  assert.deepEqual(await welcomed, ["hi", 1]);
  const shouted = new Promise((resolve) => client.once("shout", (...args: unknown[]) => resolve(args)));
  admin.socket.emit("join", "/", "garden", id);
  await admin.hears("room_joined", "/", "garden");
  admin.socket.emit("emit", "/", "garden", "shout", 7);
  assert.deepEqual(await shouted, [7]);
  admin.socket.emit("leave", "/", "lobby", id);
  await admin.hears("room_left", "/", "lobby");
  const ended = new Promise((resolve) => client.once("disconnect", resolve));
  admin.socket.emit("_disconnect", "/", false, id);
  assert.equal(await ended, "io server disconnect");
  await admin.hears("room_left", "/", "garden");
  const names = { client: id, admin: admin.socket.id! };
  // Statistics come every two seconds.
  return comparable(admin.heard.filter(([event]) => event !== "server_stats"), names);
}

describe("`instrument()`", () => {
  test("reports of ours what it reports of a released server: sockets, rooms, events, and what the admin does", async () => {
    const [ours, theirs] = await Promise.all(makers.map(({ create }) => story(create, { mode: "development" })));
    assert.deepEqual(ours, theirs);
    const names = new Set((ours as unknown[][]).map(([name]) => name));
    for (const name of ["config", "all_sockets", "socket_connected", "socket_updated", "socket_disconnected"]) assert.ok(names.has(name), name);
    for (const name of ["room_joined", "room_left", "event_received", "event_sent"]) assert.ok(names.has(name), name);
  });

  test("says nothing of single sockets in production mode, on ours and on a released server", async () => {
    const reports = makers.map(async ({ create }) => {
      const { url } = await start(create, { auth: false, mode: "production" });
      const admin = new Admin(url);
      await admin.hears("config");
      const client = await connect(url, { transports: ["polling"] });
      await client.emitWithAck("hello", "hi");
      const [, stats] = await admin.hears("server_stats");
      const heard = new Set(admin.heard.map(([name]) => name));
      return { heard: [...heard].sort(), config: (await admin.hears("config"))[1], stats: shapeOf(stats as Stats) };
    });
    const [ours, theirs] = await Promise.all(reports);
    assert.deepEqual(ours, theirs);
    assert.deepEqual(ours!.heard, ["config", "server_stats"]);
    assert.deepEqual(ours!.stats.counts, { clientsCount: 2, pollingClientsCount: 1, namespaces: ["/ 1", "/admin 1", "/other 0"] });
    for (const type of ["rawConnection", "packetsIn", "bytesIn", "packetsOut", "bytesOut"]) assert.ok(ours!.stats.types.includes(type), type);
  });

  describe.each(makers)("on $name", ({ create }) => {
    test("asks for a name and a password, and then knows the session", async () => {
      const store = new InMemoryStore();
      const { url } = await start(create, { auth: { type: "basic", username: "admin", password }, store, namespaceName: "/custom" });
      const refused = new Admin(url, "/custom", { username: "admin", password: "guess" });
      const [error] = (await new Promise<unknown[]>((resolve) => refused.socket.once("connect_error", (...args) => resolve(args)))) as [Error];
      assert.equal(error.message, "invalid credentials");
      const admin = new Admin(url, "/custom", { username: "admin", password: "changeit" });
      const [, sessionId] = await admin.hears("session");
      assert.equal(await store.doesSessionExist(sessionId as string), true);
      await new Admin(url, "/custom", { sessionId }).hears("config");
    });

    test("changes nothing when it may only read", async () => {
      const { io, url } = await start(create, { auth: false, readonly: true, mode: "development" });
      const admin = new Admin(url);
      assert.deepEqual((await admin.hears("config"))[1], { supportedFeatures: ["AGGREGATED_EVENTS", "ALL_EVENTS"] });
      const client = await connect(url, { transports: ["websocket"] });
      admin.socket.emit("join", "/", "garden", client.id);
      admin.socket.emit("_disconnect", "/", true, client.id);
      // What comes after on the same connection shows that these were heard.
      await new Promise<void>((resolve) => admin.socket.io.engine.once("ping", resolve));
      assert.ok(client.connected);
      assert.deepEqual([...io.sockets.sockets.get(client.id!)!.rooms], [client.id, "lobby"]);
    });
  });
});

interface Stats {
  readonly clientsCount: number;
  readonly pollingClientsCount: number;
  readonly namespaces: readonly { readonly name: string; readonly socketsCount: number }[];
  readonly aggregatedEvents: readonly { readonly type: string; readonly subType?: string }[];
}

/** What does not depend on when it was looked at. */
function shapeOf({ clientsCount, pollingClientsCount, namespaces, aggregatedEvents }: Stats) {
  const names = namespaces.map(({ name, socketsCount }) => `${name} ${socketsCount}`);
  return { counts: { clientsCount, pollingClientsCount, namespaces: names }, types: [...new Set(aggregatedEvents.map(({ type }) => type))].sort() };
}
