/** Bad input at the level of HTTP requests. */
import assert from "node:assert/strict";
import { type Query, target } from "./client.ts";
import { assertEnd } from "./outcome.ts";
import { replay, row } from "./row.ts";
import { exceptInnocent } from "./server.ts";
import type { HttpReply } from "./wire.ts";

const messages = [
  "Transport unknown",
  "Session ID unknown",
  "Bad handshake method",
  "Bad request",
  "Forbidden",
  "Unsupported protocol version",
];

const handshake = "/socket.io/?EIO=4&transport=polling";

/** Requests that are refused and change nothing. `sid` is a session that lives on. */
interface RefusedRequests {
  readonly id: Parameters<typeof row>[0];
  readonly methods?: readonly string[];
  readonly targets: (sid: string) => readonly string[];
  readonly code: number;
  /** Part of the context that the app gets with `connection_error`. */
  readonly context?: Query;
}

const refusedRequests: readonly RefusedRequests[] = [
  { id: "H01", targets: () => ["/socket.io/", "/socket.io/?EIO=4"], code: 0 },
  { id: "H02", targets: () => ["/socket.io/?EIO=4&transport=foo"], code: 0, context: { transport: "foo" } },
  {
    id: "H03",
    targets: () => ["/socket.io/?EIO=4&transport=constructor", "/socket.io/?EIO=4&transport=__proto__"],
    code: 0,
  },
  { id: "H04", targets: () => ["/socket.io/?EIO=4&transport=webtransport"], code: 0 },
  {
    id: "H06",
    targets: (sid) => [
      "/socket.io/?EIO=3&EIO=4&transport=polling",
      "/socket.io/?EIO=4&transport=polling&transport=websocket",
      `${handshake}&sid=${sid}&sid=${sid}`,
    ],
    code: 3,
  },
  { id: "H07", methods: ["POST"], targets: () => [handshake], code: 2, context: { method: "POST" } },
  { id: "H08", methods: ["OPTIONS", "PUT", "DELETE", "PATCH", "HEAD"], targets: () => [handshake], code: 2 },
  {
    id: "H09",
    targets: () => ["/socket.io/?EIO=4&transport=websocket"],
    code: 3,
    context: { name: "TRANSPORT_HANDSHAKE_ERROR" },
  },
  {
    id: "H10",
    methods: ["GET", "POST"],
    targets: () => [`${handshake}&sid=AAAAAAAAAAAAAAAAAAAA`],
    code: 1,
    context: { sid: "AAAAAAAAAAAAAAAAAAAA" },
  },
  {
    id: "H11",
    targets: () => ["__proto__", "constructor", "toString", "hasOwnProperty"].map((sid) => `${handshake}&sid=${sid}`),
    code: 1,
  },
  {
    id: "H27",
    targets: (sid) => [`/socket.io/?EIO=3&transport=polling&sid=${sid}`],
    code: 3,
    context: { name: "PROTOCOL_MISMATCH" },
  },
  {
    id: "H28",
    methods: ["POST"],
    targets: (sid) => [`/socket.io/?EIO=4&transport=websocket&sid=${sid}`],
    code: 3,
    context: { name: "TRANSPORT_MISMATCH" },
  },
];

for (const { id, methods = ["GET"], targets, code, context = {} } of refusedRequests) {
  row(id, {}, async (server) => {
    const client = await server.joinedPolling();
    let count = 0;
    for (const method of methods) {
      for (const url of targets(client.sid)) {
        const reply = await server.request(method, url);
        assertRefused(reply, 400, code, method === "HEAD" ? "" : undefined);
        const refused = await server.nth(++count, "refused");
        assert.deepEqual([refused.code, refused.message], [code, messages[code]], url);
        assert.deepEqual({ ...(refused.context as object), ...context }, refused.context, url);
      }
    }
    await client.echo();
  });
}

row("H05", {}, async (server) => {
  const values = [undefined, "3", "5", "04"];
  for (const [index, value] of values.entries()) {
    const url = target({ transport: "polling", ...(value === undefined ? {} : { EIO: value }) });
    assertRefused(await server.request("GET", url), 400, 5);
    const { code, context } = await server.nth(index + 1, "refused");
    assert.deepEqual({ code, protocol: (context as { protocol: unknown }).protocol }, { code: 5, protocol: 3 });
  }
});

row("H12", {}, async (server) => {
  assertRefused(await server.request("GET", `${handshake}&sid=`), 400, 1);
  assert.equal((await server.request("GET", `${handshake}&sid[]=x`)).status, 200, "a parameter of another name");
});

row("H13", {}, async (server) => {
  assert.equal((await server.request("GET", `${handshake}&__proto__=x&constructor=y`)).status, 200);
});

row("H14", {}, async (server) => {
  assertRefused(await server.request("GET", handshake + "&a=1".repeat(2_000)), 400, 3);
  assert.equal((await server.request("GET", `${handshake}&a=${"x".repeat(10_000)}`)).status, 200);
  assert.equal((await server.request("GET", `${handshake}&a=${"x".repeat(16_384)}`)).status, 414);
});

row("H15", {}, async (server) => {
  for (const escape of ["%", "%zz", "%c3%28", "%ff"]) {
    assert.equal((await server.request("GET", `${handshake}&a=${escape}`)).status, 200, escape);
  }
});

row("H16", {}, async (server) => {
  const client = await server.joinedPolling();
  for (const method of ["PUT", "DELETE", "OPTIONS", "HEAD"]) {
    const { status, headers } = await client.request(method);
    assert.deepEqual([status, headers["allow"]], [405, "GET, POST"], method);
  }
  await client.echo();
});

row("H17", {}, async (server) => {
  const client = await server.joinedPolling();
  const first = await server.arrival(() => client.start("GET"));
  const second = await client.get();
  assert.deepEqual([second.status, second.body], [400, ""]);
  assertClosePacket(await first.reply());
  await assertEnd(server, client, "TE(overlap from client)");
});

row("H18", {}, async (server) => {
  const client = await server.joinedPolling();
  const body = { headers: { "content-length": "100" }, body: '42["a"' };
  const first = await server.arrival(() => client.start("POST", {}, body));
  assert.equal((await client.post('42["b"]')).status, 400);
  assert.equal((await first.reply()).status, 400);
  await assertEnd(server, client, "TE(overlap from client)");
  assert.deepEqual(server.all("event", client), []);
});

row("H19", {}, async (server) => {
  const client = await server.joinedPolling();
  const wire = (await client.start("GET")).request("GET", client.target());
  assertClosePacket(await wire.reply());
  assert.equal((await wire.reply()).status, 400);
  await assertEnd(server, client, "TE(overlap from client)");
});

row("H20", {}, async (server) => {
  const client = await server.joinedPolling();
  const poll = await server.arrival(() => client.start("GET"));
  poll.destroy();
  await assertEnd(server, client, "TE(poll connection closed prematurely)");
});

row("H21", {}, async (server) => {
  const client = await server.joinedPolling();
  const body = { headers: { "content-length": "100" }, body: '42["a"' };
  const post = await server.arrival(() => client.start("POST", {}, body));
  post.destroy();
  await assertEnd(server, client, "TE(data request connection closed prematurely)");
});

row("H22", { maxHttpBufferSize: 100 }, async (server) => {
  const declared = await server.joinedPolling();
  const wire = await declared.start("POST", {}, { headers: { "content-length": "101" } });
  assert.equal((await wire.reply()).status, 413, "refused before the body came");
  await assertEnd(server, declared, "TE(PAYLOAD_TOO_LARGE)");

  const chunked = await server.joinedPolling();
  const parts = { headers: { "transfer-encoding": "chunked" }, body: `40\r\n${"4".repeat(64)}\r\n25\r\n${"4".repeat(37)}\r\n` };
  assert.equal((await chunked.request("POST", {}, parts)).status, 413, "refused before the last chunk came");
  await assertEnd(server, chunked, "TE(PAYLOAD_TOO_LARGE)");
});

row("H23", { maxHttpBufferSize: 100 }, async (server) => {
  const client = await server.joinedPolling();
  await client.send('42["x","'.padEnd(98, "x") + '"]');
  await client.request("POST", {}, {
    headers: { "transfer-encoding": "chunked" },
    body: `64\r\n${'42["x","'.padEnd(98, "x")}"]\r\n0\r\n\r\n`,
  });
  await server.nth(2, "event", client);
  await client.echo();
});

row("H24", {}, async (server) => {
  const client = await server.joinedPolling();
  const headers = { "content-type": "application/octet-stream" };
  const { status, body } = await client.request("POST", {}, { headers, body: '42["a"]' });
  assert.deepEqual([status, body], [400, ""]);
  await assertEnd(server, client, "TE(invalid content)");
});

row("H25", {}, async (server) => {
  const client = await server.joinedPolling();
  const headers = { "content-encoding": "gzip" };
  const { status } = await client.request("POST", {}, { headers, body: Buffer.from("1f8b0800", "hex") });
  assert.equal(status, 415);
  await assertEnd(server, client, "TE");
});

row("H26", {}, async (server) => {
  const client = await server.joinedPolling();
  const body = '42["a"]';
  const headers = { expect: "100-continue", "content-length": String(body.length) };
  const wire = await client.start("POST", {}, { headers });
  assert.equal((await wire.reply()).status, 100);
  assert.equal((await wire.write(body).reply()).status, 200);
  await server.first("event", client);
  await client.echo();
});

row("H29", {}, async (server) => {
  const polling = await server.joinedPolling();
  const client = await polling.upgrade();
  await client.echo();
  assertRefused(await polling.get(), 400, 3);
  const { context } = await server.first("refused");
  assert.equal((context as { name: string }).name, "TRANSPORT_MISMATCH");
  await client.echo();
});

row("H30", {}, async (server) => {
  const url = "/socket.io?EIO=4&transport=polling";
  assertApp(await server.request("GET", url));
  await replay({ addTrailingSlash: false }, async (bare) => {
    assert.equal((await bare.request("GET", url)).status, 200);
  });
});

row("H31", {}, async (server) => {
  assert.equal((await server.request("GET", "/socket.io/foo?EIO=4&transport=polling")).status, 200);
  assertApp(await server.request("GET", "/socket.io/../x?EIO=4&transport=polling"));
});

row("H32", {}, async (server) => {
  for (const origin of ["/SOCKET.IO/", "//socket.io/", "http://127.0.0.1/socket.io/"]) {
    assertApp(await server.request("GET", `${origin}?EIO=4&transport=polling`));
  }
});

row("H33", { path: "/" }, async (server) => {
  for (const url of ["//", "///", "//?EIO=4&transport=polling", "//[?EIO=4&transport=polling"]) {
    assertRefused(await server.request("GET", url), 400, 3);
  }
});

row("H34", {}, async (server) => {
  const reply = await server.request("GET", handshake, { headers: { origin: "http://a\u0001.example" } });
  assert.equal(reply.status, 400);
});

row("H35", {}, async (server) => {
  const head = `POST ${handshake} HTTP/1.1\r\nHost: a\r\n`;
  const cases: readonly (readonly [bytes: string | Buffer, status: number])[] = [
    [`${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n11`, 400],
    [`${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
    [Buffer.from("16030100a5010000a10303", "hex"), 400],
    [`${head}X-Long: ${"x".repeat(80_000)}\r\n\r\n`, 431],
    [`GET ${handshake} HTTP/1.1\r\n\r\n`, 400],
  ];
  for (const [bytes, status] of cases) {
    const wire = await server.dial();
    assert.equal((await wire.write(bytes).reply()).status, status, bytes.toString("latin1").slice(0, 200));
  }
});

row("H36", {}, async (server) => {
  const wire = await server.dial();
  assert.equal((await wire.write(`GET ${handshake} HTTP/1.0\r\n\r\n`).reply()).status, 200);
});

row("H39", { allowRequest: exceptInnocent((_, callback) => callback("not today", false)) }, async (server) => {
  assertRefused(await server.request("GET", handshake), 403, 4, '{"code":4,"message":"not today"}');
  assert.equal(server.all("open").length, 1, "no session but the innocent one");
});

row("H40", { allowRequest: exceptInnocent(throwSecret) }, async (server) => {
  const reply = await server.request("GET", handshake);
  assertRefused(reply, 403, 4);
  assert(!reply.body.includes("secret"), reply.body);
  assert.equal(((await server.first("fault")).error as Error).message, "secret");
});

row("H41", { allowRequest: exceptInnocent(() => {}), limits: { middlewareTimeout: 50 } }, async (server) => {
  assert.equal((await server.request("GET", handshake)).status, 503);
});

row("H42", {}, async (server) => {
  server.io.engine.generateId = () => Promise.reject(new Error("secret"));
  assertRefused(await server.request("GET", handshake), 400, 3);
  assert.equal(((await server.first("refused")).context as { name: string }).name, "ID_GENERATION_ERROR");
});

row("H43", { cors: { origin: "http://a.example" } }, async (server) => {
  const preflight = { origin: "http://a.example", "access-control-request-method": "POST" };
  const { status, headers } = await server.request("OPTIONS", handshake, { headers: preflight });
  assert.equal(status, 204);
  assert.equal(headers["access-control-allow-origin"], "http://a.example");
  assert.match(headers["access-control-allow-methods"] ?? "", /GET.*POST/);
  assert.match(headers["vary"] ?? "", /Origin/);

  await replay({ cors: { origin: ["http://a.example"] } }, async (listing) => {
    const foreign = { ...preflight, origin: "http://evil.example" };
    const reply = await listing.request("OPTIONS", handshake, { headers: foreign });
    assert.deepEqual([reply.status, reply.headers["access-control-allow-origin"]], [204, undefined]);
  });
});

row("H44", { cors: { origin: "http://a.example" } }, async (server) => {
  const reply = await server.request("GET", handshake, { headers: { origin: "http://evil.example" } });
  assertRefused(reply, 403, 4, /cors\.origin/);
  assert.equal(server.all("open").length, 1, "no session but the innocent one");
});

row("H45", {}, async () => {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (...words: unknown[]) => void warnings.push(words.join(" "));
  try {
    await replay({ cors: { origin: true, credentials: true } }, async () => {});
  } finally {
    console.warn = warn;
  }
  assert(warnings.some((warning) => warning.includes("origin")), "no warning");
});

row("H46", { connectTimeout: 1000 }, async (server) => {
  const client = await server.polling();
  assertClosePacket(await client.get());
  await assertEnd(server, client, "FC");
});

row("H47", { pingInterval: 50, pingTimeout: 1000 }, async (server) => {
  await assertEnd(server, await server.polling(), "PT");
});

/** A refusal's status and body; `body` is its exact text, or a pattern for the message. */
function assertRefused(reply: HttpReply, status: number, code: number, body?: string | RegExp): void {
  assert.equal(reply.status, status);
  if (typeof body === "string") {
    assert.equal(reply.body, body);
    return;
  }
  assert.equal(reply.headers["content-type"], "application/json");
  const { message, ...rest } = JSON.parse(reply.body) as { message: string };
  assert.deepEqual(rest, { code });
  if (body) assert.match(message, body);
  else assert.equal(message, messages[code]);
}

function assertClosePacket({ status, body }: HttpReply): void {
  assert.deepEqual([status, body], [200, "1"]);
}

/** The reply of the app's own listener. */
function assertApp({ status, body }: HttpReply): void {
  assert.deepEqual([status, body], [404, "app"]);
}

function throwSecret(): never {
  throw new Error("secret");
}
