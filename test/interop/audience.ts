/** Who gets what: rooms, broadcasts, namespaces. */
import assert from "node:assert/strict";
import type { Server, Socket } from "socket.io";
import type { Socket as Client } from "socket.io-client";
import { test } from "vitest";
import { type Arena, next, type Pair } from "./arena.ts";
import type { Running } from "./host.ts";
import { leave } from "./library.ts";
import { Queue } from "./queue.ts";

export function defineAudience(arena: Arena): void {
  defineRooms(arena);
  defineBroadcastAcks(arena);
  defineNamespaces(arena);
}

function defineRooms(arena: Arena): void {
  test("rooms decide who hears", async () => {
    const { io, pairs: [alice, bob, carol] } = await trio(arena);
    await alice.socket.join("red");
    await bob.socket.join(["red", "blue"]);
    const heard = [alice, bob, carol].map(({ client }) => listen(client));
    io.emit("all");
    io.to("red").emit("red");
    io.to("red").to("blue").emit("red or blue");
    io.to("red").except("blue").emit("red, not blue");
    alice.socket.to("red").emit("red, from alice");
    alice.socket.broadcast.emit("all others, from alice");
    await bob.socket.leave("red");
    io.in("red").emit("red, without bob");
    io.to(carol.socket.id).emit("carol");
    io.emit("end");
    assert.deepEqual(await Promise.all(heard.map(untilEnd)), [
      ["all", "red", "red or blue", "red, not blue", "red, without bob"],
      ["all", "red", "red or blue", "red, from alice", "all others, from alice"],
      ["all", "all others, from alice", "carol"],
    ]);
  });

  test("a broadcast carries bytes", async () => {
    const { io, pairs } = await trio(arena);
    const heard = pairs.map(({ client }) => next<[Buffer, { deep: Buffer }]>(client, "bytes"));
    io.emit("bytes", Buffer.from([1, 2]), { deep: Buffer.from([3]) });
    for (const [first, { deep }] of await Promise.all(heard)) assert.deepEqual([[...first], [...deep]], [[1, 2], [3]]);
  });

  test("sockets are moved and disconnected by room", async () => {
    const { io, pairs: [alice, bob, carol] } = await trio(arena);
    io.in([alice.socket.id, bob.socket.id]).socketsJoin("red");
    io.in(bob.socket.id).socketsLeave("red");
    assert.deepEqual((await io.in("red").fetchSockets()).map(({ id }) => id), [alice.socket.id]);
    assert.equal((await io.fetchSockets()).length, 3);
    const gone = next(alice.client, "disconnect");
    io.in("red").disconnectSockets();
    assert.equal((await gone)[0], "io server disconnect");
    assert.deepEqual([bob.client.connected, carol.client.connected], [true, true]);
  });
}

function defineBroadcastAcks(arena: Arena): void {
  test("everybody acknowledges a broadcast", async () => {
    const { io, pairs } = await trio(arena);
    for (const [n, { client }] of pairs.entries()) client.on("who?", (answer) => answer(n));
    const [answers, listener] = Queue.of();
    io.timeout(5000).emit("who?", listener);
    const [error, numbers] = (await answers.next()) as [null, number[]];
    assert.deepEqual([error, numbers.toSorted(byValue)], [null, [0, 1, 2]]);
    assert.deepEqual((await io.timeout(5000).emitWithAck("who?")).toSorted(byValue), [0, 1, 2]);
    assert.deepEqual((await pairs[0].socket.broadcast.timeout(5000).emitWithAck("who?")).toSorted(byValue), [1, 2]);
  });

  test("a broadcast that one client does not acknowledge times out with the other answers", async () => {
    const { io, pairs } = await trio(arena);
    const [answers, listener] = Queue.of();
    const given = pairs.slice(1).map(({ client }, n) => new Promise<void>((resolve) => {
      client.on("who?", (answer) => resolve(answer(n)));
    }));
    io.timeout(1500).emit("who?", listener);
    await Promise.all(given);
    const [error, numbers] = (await answers.next()) as [Error, number[]];
    assert.deepEqual([error.message, numbers.toSorted(byValue)], ["operation has timed out", [0, 1]]);
  });
}

function defineNamespaces(arena: Arena): void {
  test("a namespace gets the client's auth and query", async () => {
    const running = await arena.start((io) => io.of("/admin"));
    const isOld = arena.library.engineProtocol === 3;
    const auth = { token: isOld ? "a &b=c" : ["t"] };
    const { socket } = await arena.pair(running, { namespace: "/admin", auth, query: { room: "1" } });
    // Old clients say both in one query.
    assert.deepEqual({ ...socket.handshake.auth }, isOld ? { ...auth, room: "1" } : auth);
    assert.equal(socket.handshake.query.room, "1");
    assert.equal(socket.nsp.name, "/admin");
  });

  test("two namespaces share one connection and nothing else", async () => {
    const running = await arena.start((io) => io.of("/chat"));
    const { client, socket } = await arena.pair(running);
    const arrived = next<[Socket]>(running.io.of("/chat"), "connection");
    const chat = client.io.socket("/chat", { auth: { who: "me" } });
    const [chatSocket] = await arrived;
    assert.equal(chatSocket.conn, socket.conn);
    assert.notEqual(chatSocket.id, socket.id);
    const heard = [client, chat].map(listen);
    running.io.emit("root");
    running.io.of("/chat").emit("chat");
    running.io.of("/chat").emit("end");
    running.io.emit("end");
    assert.deepEqual(await Promise.all(heard.map(untilEnd)), [["root"], ["chat"]]);
    const left = next(chatSocket, "disconnect");
    chat.disconnect();
    await left;
    socket.on("echo", (value, answer) => answer(value));
    assert.equal(await new Promise((resolve) => client.emit("echo", "still here", resolve)), "still here");
  });

  test("a refusal tells its message and its data", async () => {
    const { url } = await arena.start((io) => {
      io.use((_socket, done) => setImmediate(done));
      io.use((_socket, done) => done(Object.assign(new Error("not you"), { data: { code: 7, hint: ["later"] } })));
    });
    const data = { code: 7, hint: ["later"] };
    const expected = arena.library.engineProtocol === 3 ? { data } : { message: "not you", data };
    assert.deepEqual(await arena.refusal(arena.client(url)), expected);
  });

  test("a client that is refused once is let in with the right auth", async () => {
    const { url } = await arena.start((io) => {
      io.use(({ handshake: { auth, query } }, done) => {
        done((auth.token ?? query.token) === "right" ? undefined : new Error("wrong token"));
      });
    });
    const client = arena.client(url, { auth: { token: "wrong" } });
    assert.deepEqual(await arena.refusal(client), { message: "wrong token" });
    client.auth = client.io.opts.query = { token: "right" };
    const connected = next(client, "connect");
    await leave(client);
    client.connect();
    await connected;
  });

  test("an unknown namespace is refused", async () => {
    const { url } = await arena.start(() => {});
    assert.equal(await arena.reason(arena.client(`${url}/nowhere`)), "Invalid namespace");
  });

  test("a RegExp makes namespaces as they are asked for", async () => {
    const running = await arena.start((io) => io.of(/^\/room-\d+$/).on("connection", (socket) => socket.emit("hello", socket.nsp.name)));
    for (const name of ["/room-1", "/room-22"]) {
      assert.deepEqual(await next(arena.client(running.url + name), "hello"), [name]);
    }
    assert.equal(await arena.reason(arena.client(`${running.url}/room-x`)), "Invalid namespace");
  });

  test("a function decides about namespaces by name and auth", async () => {
    const { url } = await arena.start((io) => {
      const parent = io.of((name, auth, done) => setImmediate(() => done(null, name === "/team" && auth.token === "t")));
      parent.on("connection", (socket) => socket.emit("hello"));
    });
    await next(arena.client(`${url}/team`, { auth: { token: "t" } }), "hello");
    assert.equal(await arena.reason(arena.client(`${url}/other`, { auth: { token: "t" } })), "Invalid namespace");
  });
}

/** Three clients, connected one after the other. */
async function trio(arena: Arena): Promise<{ io: Server; pairs: [Pair, Pair, Pair] }> {
  const running: Running = await arena.start(() => {});
  return { io: running.io, pairs: [await arena.pair(running), await arena.pair(running), await arena.pair(running)] };
}

function listen(client: Client): Queue<unknown[]> {
  const [heard, listener] = Queue.of();
  client.onAny(listener);
  return heard;
}

function byValue(a: number, b: number): number {
  return a - b;
}

/** Names of the events before `end`. */
async function untilEnd(heard: Queue<unknown[]>): Promise<unknown[]> {
  const names: unknown[] = [];
  for (;;) {
    const [name] = await heard.next();
    if (name === "end") return names;
    names.push(name);
  }
}
