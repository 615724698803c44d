import assert from "node:assert/strict";
import { describe, test } from "#test";
import { type Exchange, type PollingClient, connectPolling } from "../memory/client.ts";
import { MemoryEngine } from "../memory/engine.ts";

describe("GET", () => {
  test("is held until there is something to say", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.advance(20_000);
    assert.equal(poll.isAnswered, false);
    memory.last.deliver("hi");
    await memory.host.settle();
    assert.equal(poll.status, 200);
    assert.equal(poll.body, "4hi");
    assert.deepEqual(poll.headers, { "content-type": "text/plain; charset=UTF-8", "cache-control": "no-store" });
  });

  test("gets everything that one turn emits in one body (W-29)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.settle();
    memory.last.deliver("one");
    memory.last.deliver("51-two", new Uint8Array([1, 2, 3]));
    await Promise.resolve();
    memory.last.deliver("three");
    await memory.host.settle();
    assert.equal(poll.body, "4one\x1e451-two\x1ebAQID\x1e4three");
    memory.last.deliver("four");
    assert.deepEqual(await client.receive(), ["4four"]);
  });

  test("gets at once what was emitted between two GETs, in order", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    for (const message of ["one", "two", "three"]) {
      memory.last.deliver(message);
      await memory.host.settle();
    }
    assert.deepEqual(await client.receive(), ["4one", "4two", "4three"]);
  });

  test("gets no more than maxHttpBufferSize at a time, and the rest with the next one", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
    const client = await connectPolling(memory);
    for (const message of ["aaaa", "bbb", "c", "dddddddddddddddd", "e"]) memory.last.deliver(message);
    assert.deepEqual(await client.receive(), ["4aaaa", "4bbb"], "10 bytes");
    assert.deepEqual(await client.receive(), ["4c"], "the next alone is too large");
    assert.deepEqual(await client.receive(), ["4dddddddddddddddd"], "a packet that is larger goes alone");
    assert.deepEqual(await client.receive(), ["4e"]);
  });

  test("counts bytes, not characters, against maxHttpBufferSize", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 20 });
    const client = await connectPolling(memory);
    for (const message of ["€€€", "€€€"]) memory.last.deliver(message);
    assert.deepEqual(await client.receive(), ["4€€€"], "each is 10 bytes, and the separator is one more");
  });

  test("keeps a message and its attachments in one body", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 20 });
    const client = await connectPolling(memory);
    memory.last.deliver("first");
    memory.last.deliver("51-x", new Uint8Array(6), new Uint8Array(6));
    assert.deepEqual(await client.receive(), ["4first"]);
    assert.equal((await client.receive()).length, 3);
  });

  test("ends the session when another one is open: 400 to it, `1` to the first (W-21, H17)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const [first, second] = [client.poll(), client.poll()];
    await memory.host.settle();
    assert.equal(second.status, 400);
    assert.equal(second.body, "");
    assert.equal(first.status, 200);
    assert.equal(first.body, "1");
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "overlap from client");
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("ends the session when the client leaves it (W-27, H20)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.settle();
    poll.request.abort();
    await memory.host.settle();
    assert.ok(poll.isAnswered);
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "poll connection closed prematurely");
  });

  test("ends the session when the client leaves with messages on their way (G1)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    memory.last.deliver("hi");
    await memory.host.settle();
    assert.equal(poll.body, "4hi");
    poll.request.abort();
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("means nothing when the client leaves with a noop on its way", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    const ws = await client.probe();
    ws.send("2probe");
    await memory.host.settle();
    assert.equal(poll.body, "6");
    poll.request.abort();
    ws.send("5");
    assert.equal(memory.last.end, undefined);
    assert.equal(memory.engine.clientsCount, 1);
  });

  test("ends the session when the client has left it before the app has said whose it is", async () => {
    const pending: ((who: string) => void)[] = [];
    const memory = new MemoryEngine({ bindSession: () => (memory.engine.clientsCount === 0 ? "me" : new Promise((resolve) => pending.push(resolve))) });
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.settle();
    poll.request.abort();
    for (const resolve of pending) resolve("me");
    await memory.host.settle();
    assert.ok(poll.isAnswered);
    assert.equal(memory.last.description, "poll connection closed prematurely");
  });
});

describe("POST", () => {
  test("delivers packets in order and answers ok (W-20)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const post = client.post("4one\x1ebAQID\x1e4zwei äöü €\x1eb");
    await memory.host.settle();
    assert.deepEqual(memory.last.messages, ["one", new Uint8Array([1, 2, 3]), "zwei äöü €", new Uint8Array(0)]);
    assert.equal(post.status, 200);
    assert.equal(post.body, "ok");
    assert.deepEqual(post.headers, { "content-type": "text/html", "cache-control": "no-store" });
  });

  test("reads a body that comes in pieces, also within a character", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const post = client.post();
    await memory.host.settle();
    const bytes = new TextEncoder().encode("4€");
    post.request.push(bytes.subarray(0, 2));
    await memory.host.advance(1000);
    assert.equal(post.isAnswered, false);
    post.request.push(bytes.subarray(2)).end();
    await memory.host.settle();
    assert.equal(post.status, 200);
    assert.deepEqual(memory.last.messages, ["€"]);
  });

  test("hands bytes over in the type that the host gives them", async () => {
    const memory = new MemoryEngine();
    class OwnBytes extends Uint8Array {}
    memory.host.bytes = (data) => new OwnBytes(data);
    const client = await connectPolling(memory);
    await client.send("bAQID");
    assert.ok(memory.last.messages[0] instanceof OwnBytes);
  });

  test("ends the session when another one is open: 400 to both (W-22, H18)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const first = client.post();
    await memory.host.settle();
    const second = client.post("4hi");
    await memory.host.settle();
    assert.equal(first.status, 400);
    assert.equal(second.status, 400);
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "overlap from client");
    assert.deepEqual(memory.last.messages, []);
  });

  test("ends the session when the client leaves in the middle of it (H21)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const post = client.post();
    await memory.host.settle();
    post.request.push("4hi");
    post.request.abort();
    await memory.host.settle();
    assert.ok(post.isAnswered);
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "data request connection closed prematurely");
    assert.deepEqual(memory.last.messages, []);
  });

  test("beside a GET is fine", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await client.send("4hi");
    assert.equal(poll.isAnswered, false);
    assert.deepEqual(memory.last.messages, ["hi"]);
  });

  for (const [type, status] of [["application/octet-stream", 400], ["application/octet-stream; charset=x", 400]] as const) {
    test(`is refused and ends the session when its type is ${type} (W-23, H24)`, async () => {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      const post = client.post("4hi", { headers: { "content-type": type } });
      await memory.host.settle();
      assert.equal(post.status, status);
      assert.equal(post.body, "");
      assert.equal(memory.last.reason, "transport error");
      assert.equal(memory.last.description, "invalid content");
      assert.deepEqual(memory.last.messages, []);
    });
  }

  test("is refused with 415 and ends the session when its body is encoded (H25)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    await assertAnswer(memory, client.post("4hi", { headers: { "content-encoding": "identity" } }), 200);
    await assertAnswer(memory, client.post("4hi", { headers: { "content-encoding": "gzip" } }), 415);
    assert.equal(memory.last.reason, "transport error");
  });

  test("is taken up to maxHttpBufferSize bytes, and refused with 413 one past it (W-24, H22, H23)", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
    const client = await connectPolling(memory);
    await assertAnswer(memory, client.post("4€€€"), 200);
    await assertAnswer(memory, client.post("4€€€."), 413);
    assert.deepEqual(memory.last.messages, ["€€€"]);
    assert.equal(memory.last.reason, "transport error");
    assert.equal((memory.last.end!.description as { code?: string }).code, "PAYLOAD_TOO_LARGE");
    assert.deepEqual(memory.limitHits, ["maxHttpBufferSize"]);
  });

  test("is refused with 413 before it is read when it says that it is too large (H22)", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
    const client = await connectPolling(memory);
    const post = client.post(undefined, { headers: { "content-length": "11" } });
    await assertAnswer(memory, post, 413);
    assert.equal(post.request.isReading, false);
  });

  test("is refused with 413 before its end when it has no length (H22)", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
    const client = await connectPolling(memory);
    const post = client.post();
    await memory.host.settle();
    post.request.push("4234567890");
    await memory.host.settle();
    assert.equal(post.isAnswered, false);
    post.request.push("1");
    await assertAnswer(memory, post, 413);
  });

  test("is refused with 408 when its body does not come within bodyTimeout", async () => {
    const memory = new MemoryEngine({ pingTimeout: 60_000 });
    const client = await connectPolling(memory);
    const post = client.post();
    await memory.host.settle();
    for (let second = 0; second < 29; second++) {
      await memory.host.advance(1000);
      post.request.push("4");
    }
    await memory.host.advance(999);
    assert.equal(post.isAnswered, false);
    await memory.host.advance(1);
    assert.equal(post.status, 408);
    assert.equal(memory.last.reason, "transport error");
    assert.equal(memory.last.description, "data request timed out");
  });

  test("leaves no timer behind", async () => {
    const memory = new MemoryEngine({ limits: { bodyTimeout: 100 } });
    const client = await connectPolling(memory);
    const post = client.post("4hi");
    await memory.host.advance(1000);
    assert.equal(post.status, 200);
    assert.equal(post.request.isCancelled, false);
  });

  for (const [what, body, delivered] of [
    ["is empty (P01)", "", []],
    ["holds an unknown type (P02)", "4a\x1ex", ["a"]],
    ["ends with a separator (P03)", "4a\x1e", ["a"]],
    ["begins with a separator (P04)", "\x1e4a", []],
    ["holds bad base64 (P10)", "4a\x1eb!!!!\x1e4b", ["a"]],
    ["holds an empty message (W19)", "4a\x1e4\x1e4b", ["a"]],
    ["is not UTF-8 (P11)", new Uint8Array([0x34, 0xff]), []],
  ] as const) {
    test(`ends the session with a parse error when its body ${what}`, async () => {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      const poll = client.poll();
      const post = client.post(body);
      await memory.host.settle();
      assert.ok(post.status === 400 || post.status === 200);
      assert.deepEqual(memory.last.messages, delivered);
      assert.equal(memory.last.reason, "parse error");
      assert.equal(poll.body, "1");
    });
  }

  test("is refused with 405 and changes nothing when it is a PUT, DELETE, HEAD or OPTIONS (H16)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    for (const method of ["PUT", "DELETE", "HEAD", "OPTIONS"]) {
      const other = client.ask({ method });
      await assertAnswer(memory, other, 405);
      assert.equal(other.headers["allow"], "GET, POST");
    }
    await client.send("4hi");
  });

  for (const [what, query, name] of [
    ["names another revision (H27)", { EIO: "3" }, "PROTOCOL_MISMATCH"],
    ["names the other transport (H28)", { transport: "websocket" }, "TRANSPORT_MISMATCH"],
  ] as const) {
    test(`a request that ${what} is refused and changes nothing`, async () => {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      for (const method of ["GET", "POST"]) {
        const other = client.ask({ method }, query);
        await assertAnswer(memory, other, 400);
        assert.deepEqual(other.error, { code: 3, message: "Bad request" });
      }
      assert.deepEqual(memory.refused.map(({ context }) => context["name"]), [name, name]);
      await client.send("4hi");
    });
  }
});

describe("a POST that comes again (G3, P14)", () => {
  const post = (client: PollingClient, t: string, body: string) =>
    client.ask({ method: "POST", body }, { t });

  test("is answered ok and ignored when its first answer got lost", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const first = post(client, "x", "4hi");
    await memory.host.settle();
    first.request.abort();
    await assertAnswer(memory, post(client, "x", "4hi"), 200);
    assert.deepEqual(memory.last.messages, ["hi"]);
  });

  test("is taken when its first answer arrived", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    for (let time = 0; time < 2; time++) await assertAnswer(memory, post(client, "x", "4hi"), 200);
    assert.deepEqual(memory.last.messages, ["hi", "hi"]);
  });

  for (const [what, others] of [
    ["the stamp differs", [["y", "4one"]]],
    ["the body differs", [["x", "4two"]]],
    ["another one came between", [["y", "4two"], ["x", "4one"]]],
  ] as const) {
    test(`is taken when ${what}`, async () => {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      const lost = post(client, "x", "4one");
      await memory.host.settle();
      lost.request.abort();
      for (const [stamp, body] of others) await assertAnswer(memory, post(client, stamp, body), 200);
      assert.deepEqual(memory.last.messages, ["one", ...others.map(([, body]) => body.slice(1))]);
    });
  }

  test("is taken when it bears no stamp", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const lost = client.ask({ body: "4hi" });
    await memory.host.settle();
    lost.request.abort();
    await assertAnswer(memory, client.ask({ body: "4hi" }), 200);
    assert.deepEqual(memory.last.messages, ["hi", "hi"]);
  });

  test("is ignored more than once", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    for (let time = 0; time < 3; time++) {
      const lost = post(client, "x", "4hi");
      await memory.host.settle();
      lost.request.abort();
    }
    assert.deepEqual(memory.last.messages, ["hi"]);
  });
});

describe("a body full of packets (P12)", () => {
  test("yields after each maxPacketsPerTurn, so that others get a turn", async () => {
    const order: string[] = [];
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 3 } }, { onMessage: (message) => order.push(String(message)) });
    const flooder = await connectPolling(memory);
    const other = await connectPolling(memory);
    const flood = flooder.post(Array.from({ length: 7 }, (_, at) => `4f${at}`).join("\x1e"));
    await memory.host.endTurn();
    other.post("4other");
    await memory.host.nextTurn();
    assert.equal(flood.isAnswered, false, "answered once everything is handled");
    await memory.host.settle();
    assert.equal(flood.status, 200);
    assert.deepEqual(order, ["f0", "f1", "f2", "other", "f3", "f4", "f5", "f6"]);
  });

  test("needs no second turn up to maxPacketsPerTurn packets, and one from there on", async () => {
    for (const [count, turns] of [[1000, 0], [1001, 1], [2001, 2]] as const) {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      const post = client.post(Array.from({ length: count }, () => "6").join("\x1e"));
      await memory.host.endTurn();
      let yields = 0;
      while (!post.isAnswered && (await memory.host.nextTurn())) yields++;
      assert.equal(yields, turns);
    }
  });

  test("is not read on when the session ends meanwhile", async () => {
    const memory = new MemoryEngine({ limits: { maxPacketsPerTurn: 2 } });
    const client = await connectPolling(memory);
    const post = client.post(["4a", "4b", ...Array.from({ length: 10 }, () => "4c"), "x"].join("\x1e"));
    await memory.host.endTurn();
    memory.last.conn.close(true);
    await memory.host.nextTurn();
    assert.equal(post.status, 200);
    assert.deepEqual(memory.last.messages, ["a", "b"]);
    assert.equal(memory.last.reason, "forced close");
  });
});

describe("the end of a polling session", () => {
  test("answers a waiting GET with `6` when the client says `1` (W-26, P05)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await client.send("1", "4lost");
    assert.equal(poll.body, "6");
    assert.equal(memory.last.reason, "transport close");
    assert.deepEqual(memory.last.messages, [], "what follows the close is ignored (P06)");
  });

  test("answers a waiting GET with `1` when the server closes (W-28)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.settle();
    memory.last.conn.close();
    assert.equal(memory.last.reason, "forced close");
    await memory.host.settle();
    assert.equal(poll.body, "1");
  });

  test("answers a waiting GET with the last words, and the next one with `1`", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const poll = client.poll();
    await memory.host.settle();
    memory.last.deliver("last words");
    memory.last.conn.close();
    assert.equal(memory.last.conn.readyState, "closing");
    await memory.host.settle();
    assert.equal(poll.body, "4last words");
    assert.deepEqual(await client.receive(), ["1"]);
    assert.equal(memory.last.reason, "forced close");
  });

  test("waits for GETs when none is there: they get the rest and then `1` (W-28)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    memory.last.deliver("last words");
    memory.last.conn.close();
    assert.equal(memory.last.conn.readyState, "closing");
    memory.last.deliver("too late");
    await client.send("4ignored");
    await memory.host.advance(29_999);
    assert.equal(memory.last.end, undefined);
    assert.deepEqual(await client.receive(), ["4last words"]);
    assert.deepEqual(await client.receive(), ["1"]);
    assert.equal(memory.last.reason, "forced close");
    assert.deepEqual(memory.last.messages, []);
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("comes by itself when no GET comes for 30 s", async () => {
    const memory = new MemoryEngine({ pingInterval: 100, pingTimeout: 100 });
    await connectPolling(memory);
    memory.last.conn.close();
    await memory.host.advance(29_999);
    assert.equal(memory.last.end, undefined, "the heartbeat is over");
    await memory.host.advance(1);
    assert.equal(memory.last.reason, "forced close");
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("does not wait when close() is told to discard, nor when the engine closes", async () => {
    const memory = new MemoryEngine();
    await connectPolling(memory);
    memory.last.deliver("lost");
    memory.last.conn.close(true);
    assert.equal(memory.last.reason, "forced close");
    await connectPolling(memory);
    memory.engine.close();
    assert.equal(memory.last.reason, "forced close");
    assert.equal(memory.engine.clientsCount, 0);
  });

  test("sends no more than maxHttpBufferSize at a time, also with the last words", async () => {
    const memory = new MemoryEngine({ maxHttpBufferSize: 10 });
    const client = await connectPolling(memory);
    for (const message of ["aaaa", "bbb", "c"]) memory.last.deliver(message);
    memory.last.conn.close();
    assert.deepEqual(await client.receive(), ["4aaaa", "4bbb"]);
    assert.deepEqual(await client.receive(), ["4c"]);
    assert.deepEqual(await client.receive(), ["1"]);
    assert.equal(memory.last.reason, "forced close");
  });

  test("stops a POST that is still being read, and answers it", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    const post = client.post();
    await memory.host.settle();
    memory.last.conn.close(true);
    await memory.host.settle();
    assert.equal(post.status, 400);
    assert.equal(memory.last.reason, "forced close");
  });

  test("makes its id unknown", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    memory.last.conn.close(true);
    const poll = client.poll();
    await assertAnswer(memory, poll, 400);
    assert.deepEqual(poll.error, { code: 1, message: "Session ID unknown" });
  });

  test("comes once: nothing reaches the layer above after it", async () => {
    const memory = new MemoryEngine({}, { onMessage: (_message, seen) => seen.conn.close(true) });
    const client = await connectPolling(memory);
    await client.send("4a", "4b", "1");
    memory.last.conn.close(true);
    assert.deepEqual(memory.last.messages, ["a"]);
    assert.deepEqual(memory.last.late, []);
  });
});

describe("packets without a message", () => {
  test("are ignored when they are open, upgrade, noop or an unasked pong (P08, P09)", async () => {
    const memory = new MemoryEngine();
    const client = await connectPolling(memory);
    await client.send("0{}", "3", "3probe", "5", "6", "4hi");
    assert.deepEqual(memory.last.messages, ["hi"]);
    assert.equal(memory.last.end, undefined);
  });

  test("end the session when they are a ping (P07)", async () => {
    for (const ping of ["2", "2probe"]) {
      const memory = new MemoryEngine();
      const client = await connectPolling(memory);
      await client.send(ping, "4hi");
      assert.equal(memory.last.reason, "transport error");
      assert.equal(memory.last.description, "invalid heartbeat direction");
      assert.deepEqual(memory.last.messages, []);
    }
  });
});

async function assertAnswer(memory: MemoryEngine, exchange: Exchange, status: number): Promise<void> {
  await memory.host.settle();
  assert.equal(exchange.status, status);
}

