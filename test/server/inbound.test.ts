import assert from "node:assert/strict";
import { describe, test } from "#test";
import { type InboundVerdict, type OnInbound, tokenBucket } from "../../src/index.ts";
import { connectPolling } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, faultsOf, join, recorder } from "./client.ts";

/** A server whose app says `verdict` to every event named "no", and "ok" to the rest. */
function refusing(verdict: InboundVerdict): MemoryServer {
  return new MemoryServer({ onInbound: (_conn, { event }) => (event === "no" ? verdict : "ok") });
}

describe("onInbound() (G33)", () => {
  test("is told of each message before it is decoded: its connection, size and event", async () => {
    const told: unknown[] = [];
    const io = new MemoryServer({ onInbound: (conn, { packets, bytes, event }) => (told.push([conn.id, { packets, bytes, event }]), "ok") });
    const { client } = await join(io);
    const { sid } = client.open;
    await client.say('2["a",1]', '51-7["b",{"_placeholder":true,"num":0}]', new Uint8Array(9), "9");
    assert.deepEqual(told, [
      [sid, { packets: 1, bytes: 1, event: undefined }],
      [sid, { packets: 1, bytes: 8, event: "a" }],
      [sid, { packets: 1, bytes: 39, event: "b" }],
      [sid, { packets: 0, bytes: 9, event: undefined }],
      [sid, { packets: 1, bytes: 1, event: undefined }],
    ]);
  });

  test("knows a name however it is written", async () => {
    const io = refusing("drop");
    const { client, socket } = await join(io);
    socket.onAny((name: string) => assert.fail(`${name} was let in`));
    const ways = ['2 ["no"]', '2[ "no"]', '2\t\n\r [\t\n\r "no"]', '2["n\\u006f"]', '2["\\u006E\\u006F"]', '21 ["no"]'];
    await client.say(...ways);
    assert.deepEqual([io.metrics().droppedInbound, client.isClosed], [ways.length, false]);
  });

  test("does not know a name that is a number, or too long", async () => {
    const names: unknown[] = [];
    const io = new MemoryServer({ onInbound: (_conn, { event }) => (names.push(event), "ok") });
    const { client } = await join(io);
    const longest = "x".repeat(256);
    await client.say(`2["${"\\u0078".repeat(256)}"]`, `2["${"\\u0078".repeat(257)}"]`);
    assert.deepEqual(names.splice(1), [longest, undefined]);
    await client.say("2[7]", `2["${longest}"]`, `2["${longest}y"]`, '2/other,12["b"]', "31[]");
    assert.deepEqual(names.slice(1), [undefined, longest, undefined, "b"]);
  });

  test('"drop" drops the packet with its attachments, and nothing else', async () => {
    const io = refusing("drop");
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.onAny((name: string) => hear(name)());
    await client.say('2["no"]', '2["a"]', '52-["no",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    await client.say(new Uint8Array(1), new Uint8Array(2), '51-["b",{"_placeholder":true,"num":0}]', new Uint8Array(3));
    assert.deepEqual(heard, ["a", "b"]);
    assert.equal(io.metrics().droppedInbound, 2);
    assert.ok(!client.isClosed);
    await io.host.advance(10_000);
    assert.ok(!client.isClosed, "nothing is waited for");
  });

  test('"close" ends the connection, and is told as a limit', async () => {
    const io = refusing("close");
    const { client, socket } = await join(io);
    socket.on("no", () => assert.fail("it was let in"));
    await client.say('2["no"]');
    assert.ok(client.isClosed);
    assert.deepEqual(io.metrics().limits, { onInbound: 1 });
  });

  test("that drops a CONNECT ends the connection, since the client would wait for an answer", async () => {
    const io = new MemoryServer({ onInbound: () => "drop" });
    io.use(() => assert.fail("it was let in"));
    const client = await connect(io);
    await client.say("0");
    assert.ok(client.isClosed);
    assert.deepEqual(io.metrics().limits, { onInbound: 1 });
  });

  test("cannot drop leaving, and attachments of what was let in", async () => {
    let verdict: InboundVerdict = "ok";
    const io = new MemoryServer({ onInbound: () => verdict });
    const { client, socket } = await join(io);
    const { heard, hear } = recorder();
    socket.on("b", hear("b")).on("disconnect", hear("left"));
    await client.say('51-["b",{"_placeholder":true,"num":0}]');
    verdict = "drop";
    await client.say(new Uint8Array([7]), "1");
    assert.deepEqual(heard, [["b", new Uint8Array([7])], ["left", "client namespace disconnect"]]);
  });

  test("that fails closes the connection, and is reported", async () => {
    const io = new MemoryServer({ onInbound: () => { throw new Error("no bucket"); } });
    const faults = faultsOf(io);
    const client = await connect(io);
    await client.say("0");
    assert.ok(client.isClosed);
    assert.deepEqual(faults, ["onInbound: no bucket"]);
  });
});

describe("tokenBucket()", () => {
  test("lets a burst pass, then as many as the rate allows, for each connection alone", async () => {
    const io = new MemoryServer({ onInbound: tokenBucket({ rate: 2, burst: 4 }) });
    const { client, socket } = await join(io);
    const other = await join(io);
    let count = 0;
    socket.on("a", () => (count += 1));
    other.socket.on("a", () => assert.fail());
    const flood = Array<string>(10).fill('2["a"]');
    // Joining took one.
    await client.say(...flood);
    assert.equal(count, 3);
    await io.host.advance(1000);
    await client.say(...flood);
    assert.equal(count, 5);
    await io.host.advance(60_000 * 60);
  });

  test("lets a client leave and join as often as the rate allows, which counts each of both", async () => {
    const io = new MemoryServer({ onInbound: tokenBucket({ rate: 1, burst: 5 }) });
    let joins = 0;
    io.use((_socket, next) => (joins += 1, next()));
    const { client } = await join(io);
    await client.say("1", "0");
    await client.say("1", "0");
    assert.ok(!client.isClosed);
    await io.host.advance(2000);
    await client.say("1", "0");
    assert.deepEqual([joins, client.isClosed], [4, false]);
    await client.say("1");
    assert.deepEqual([io.sockets.sockets.size, client.isClosed], [0, false], "leaving is not dropped");
    await client.say("0");
    assert.deepEqual([joins, client.isClosed], [4, true]);
  });

  test("closes instead where it is told to", async () => {
    const io = new MemoryServer({ onInbound: tokenBucket({ rate: 1, burst: 2, excess: "close" }) });
    const { client } = await join(io);
    await client.say('2["a"]');
    assert.ok(!client.isClosed);
    await client.say('2["a"]');
    assert.ok(client.isClosed);
  });

  test("never drops a pong", async () => {
    const io = new MemoryServer({ onInbound: tokenBucket({ rate: 0.001, burst: 1 }), pingInterval: 1000, pingTimeout: 500 });
    const { client } = await join(io);
    for (let beats = 0; beats < 5; beats++) {
      await io.host.advance(1000);
      client.ws.send("3");
    }
    assert.ok(!client.isClosed);
  });

  test("refuses settings that let nothing pass", () => {
    assert.throws(() => tokenBucket({ rate: 0 }), /rate > 0/);
    assert.throws(() => tokenBucket({ rate: 0.5 }), /burst >= 1/);
  });

  test("counts over polling too", async () => {
    const onInbound: OnInbound = tokenBucket({ rate: 1, burst: 2 });
    const io = new MemoryServer({ onInbound });
    const client = await connectPolling(io);
    await client.send("40");
    await client.send('42["a"]', '42["a"]');
    assert.equal(io.metrics().droppedInbound, 1);
  });
});
