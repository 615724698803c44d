import assert from "node:assert/strict";
import { describe, test } from "#test";
import type { OpenPacket } from "../memory/client.ts";
import { MemoryServer } from "../memory/server.ts";
import { MemoryWebSocket } from "../memory/web-socket.ts";

const origin = "http://app.example";

function get(io: MemoryServer, path: string, init: RequestInit = {}): Promise<Response> {
  return io.fetch(new Request(origin + path, init));
}

async function handshake(io: MemoryServer): Promise<string> {
  const response = await get(io, "/socket.io/?EIO=4&transport=polling");
  const open = JSON.parse((await response.text()).slice(1)) as OpenPacket;
  return `/socket.io/?EIO=4&transport=polling&sid=${open.sid}`;
}

/** A body that comes in chunks, and whether anybody still wanted more when it was stopped. */
function stream(chunks: Iterable<Uint8Array>): { body: ReadableStream<Uint8Array>; pulled: () => number; cancelled: () => boolean } {
  const iterator = chunks[Symbol.iterator]();
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      const { value, done } = iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      cancelled = true;
    },
  }, { highWaterMark: 0 });
  return { body, pulled: () => pulled, cancelled: () => cancelled };
}

function streamed(body: ReadableStream): RequestInit {
  return { method: "POST", body, duplex: "half" };
}

describe("fetch()", () => {
  test("serves a session over polling with real requests and responses", async () => {
    const io = new MemoryServer();
    io.on("connection", (socket) => socket.on("hi", (text, answer) => answer(`${text}!`)));
    const url = await handshake(io);
    const connect = await get(io, url, { method: "POST", body: "40" });
    assert.equal(connect.status, 200);
    assert.equal(await connect.text(), "ok");
    assert.equal(connect.headers.get("content-type"), "text/html");
    const poll = await get(io, url);
    assert.equal(poll.status, 200);
    assert.equal(poll.headers.get("content-type"), "text/plain; charset=UTF-8");
    assert.match(await poll.text(), /^40\{"sid":".{20}"\}$/);
    await get(io, url, { method: "POST", body: '421["hi","there"]' });
    assert.equal(await (await get(io, url)).text(), '431["there!"]');
  });

  test("answers 404 outside the path", async () => {
    const io = new MemoryServer();
    for (const path of ["/", "/socket.io", "/socket.io.js", "/other/?EIO=4&transport=polling", "/socket.io/../x"]) {
      assert.equal((await get(io, path)).status, 404, path);
    }
    assert.equal((await get(io, "/socket.io/anything/?EIO=4&transport=polling")).status, 200);
  });

  test("finds the path in whole URLs of any form", async () => {
    const io = new MemoryServer();
    const status = async (base: string, path: string): Promise<number> => (await io.fetch(new Request(base + path))).status;
    const ours = "/socket.io/?EIO=4&transport=polling";
    for (const base of ["http://app.example", "https://app.example:8443", "http://[::1]:3000", "http://127.0.0.1", "http://under_score.example"]) {
      assert.deepEqual([await status(base, ours), await status(base, `/socket.io2${ours}`), await status(base, `/?${ours}`)], [200, 404, 404], base);
      assert.deepEqual([await status(base, `/a/..${ours}`), await status(base, `/%2e${ours}`)], [200, 200], base);
    }
  });

  test("gives errors as JSON", async () => {
    const response = await get(new MemoryServer(), "/socket.io/?EIO=3&transport=polling");
    assert.equal(response.status, 400);
    assert.deepEqual(await response.json(), { code: 5, message: "Unsupported protocol version" });
  });

  test("sends several cookies as several headers", async () => {
    const io = new MemoryServer({ cookie: true });
    io.engine.on("initial_headers", (headers: Headers) => headers.append("set-cookie", "a=1"));
    const response = await get(io, "/socket.io/?EIO=4&transport=polling");
    assert.equal(response.headers.getSetCookie().length, 2);
  });

  test("takes the WebSocket and the address from its context", async () => {
    const io = new MemoryServer();
    const addresses: string[] = [];
    io.on("connection", (socket) => addresses.push(socket.handshake.address));
    const ws = new MemoryWebSocket(io.host);
    const native = new Response(null, { headers: { "x-native": "1" } });
    const response = await io.fetch(new Request(`${origin}/socket.io/?EIO=4&transport=websocket`), {
      remoteAddress: "198.51.100.7",
      upgrade: (handler, headers) => ({ ...ws.accept(handler, headers), native }),
    });
    assert.equal(response, native);
    ws.take();
    ws.send("40");
    await io.host.settle();
    assert.match(ws.take()[0] as string, /^40\{"sid"/);
    assert.deepEqual(addresses, ["198.51.100.7"]);
  });

  test("resolves to a Response also when the platform's own is none", async () => {
    const io = new MemoryServer();
    const ws = new MemoryWebSocket(io.host);
    const response = await io.fetch(new Request(`${origin}/socket.io/?EIO=4&transport=websocket`), { upgrade: ws.accept.bind(ws) });
    assert.ok(response instanceof Response);
  });

  test("gives the app the Request itself", async () => {
    const io = new MemoryServer();
    const seen: unknown[] = [];
    io.engine.use((request: Request, next: () => void) => {
      seen.push(request);
      next();
    });
    io.engine.on("connection", (conn) => seen.push(conn.request));
    const request = new Request(`${origin}/socket.io/?EIO=4&transport=polling`);
    await io.fetch(request);
    assert.deepEqual(seen.map((it) => it === request), [true, true]);
  });
});

describe("a body that fetch() reads", () => {
  const chunk = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("may come in chunks", async () => {
    const io = new MemoryServer();
    const url = await handshake(io);
    const { body } = stream([chunk("4"), chunk("0"), new Uint8Array(0)]);
    assert.equal((await get(io, url, streamed(body))).status, 200);
    assert.match(await (await get(io, url)).text(), /^40/);
  });

  test("is not read further than maxHttpBufferSize (W-24, H22)", async () => {
    const io = new MemoryServer({ maxHttpBufferSize: 1000 });
    const url = await handshake(io);
    function* endless(): Generator<Uint8Array> {
      for (;;) yield new Uint8Array(100).fill(0x34);
    }
    const { body, pulled, cancelled } = stream(endless());
    assert.equal((await get(io, url, streamed(body))).status, 413);
    assert.ok(pulled() <= 12, `${pulled()} chunks were read`);
    assert.equal(cancelled(), true);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("is taken whole at maxHttpBufferSize", async () => {
    const io = new MemoryServer({ maxHttpBufferSize: 10 });
    const url = await handshake(io);
    assert.equal((await get(io, url, { method: "POST", body: "40\x1e6aaaaaa" })).status, 200);
    assert.equal((await get(io, url, { method: "POST", body: "6aaaaaaaaaa" })).status, 413);
  });

  test("ends the session when it breaks off (H21)", async () => {
    const io = new MemoryServer();
    const url = await handshake(io);
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    assert.equal((await get(io, url, streamed(body))).status, 400);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("is given up after bodyTimeout", async () => {
    const io = new MemoryServer({ limits: { bodyTimeout: 1000 } });
    const url = await handshake(io);
    let cancelled = false;
    const body = new ReadableStream({ cancel: () => void (cancelled = true) });
    const response = get(io, url, streamed(body));
    await io.host.advance(1000);
    assert.equal((await response).status, 408);
    assert.equal(cancelled, true);
  });

  test("ends the same ways when its length was told before", async () => {
    const told = (body: ReadableStream, length: number): RequestInit => ({ ...streamed(body), headers: { "content-length": String(length) } });
    const outcome = async (body: ReadableStream, length: number): Promise<[status: number, sessions: number]> => {
      const io = new MemoryServer({ maxHttpBufferSize: 10, limits: { bodyTimeout: 1000 } });
      const response = get(io, await handshake(io), told(body, length));
      await io.host.settle();
      await io.host.advance(1000);
      return [(await response).status, io.engine.clientsCount];
    };
    assert.deepEqual(await outcome(stream([chunk("4"), chunk("0")]).body, 2), [200, 1]);
    assert.deepEqual(await outcome(stream([chunk("40"), chunk("\x1e6aaaaaaa")]).body, 2), [413, 0], "it is longer than told");
    assert.deepEqual(await outcome(stream([]).body, 11), [413, 0]);
    assert.deepEqual(await outcome(new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) }), 2), [400, 0]);
    assert.deepEqual(await outcome(new ReadableStream(), 2), [408, 0]);
  });

  test("may be missing", async () => {
    const io = new MemoryServer();
    const url = await handshake(io);
    assert.equal((await get(io, url, { method: "POST" })).status, 400, "an empty payload is none");
  });

  test("ends a held GET when its signal aborts (W-27)", async () => {
    const io = new MemoryServer();
    const url = await handshake(io);
    const leave = new AbortController();
    const poll = get(io, url, { signal: leave.signal });
    await io.host.settle();
    leave.abort();
    await poll;
    assert.equal(io.engine.clientsCount, 0);
  });
});
