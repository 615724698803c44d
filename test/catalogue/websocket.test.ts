/** Bad input at the level of WebSocket handshakes and frames. */
import assert from "node:assert/strict";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { type Closing, type Query, target, upgradeHeaders, type WebSocketClient } from "./client.ts";
import { assertEnd, describe } from "./outcome.ts";
import { replay, row } from "./row.ts";
import { exceptInnocent, isOracle, type TestServer } from "./server.ts";
import { closePayload, encodeFrame, type FrameParts, type HttpReply, Opcode, type Wire } from "./wire.ts";

type Id = Parameters<typeof row>[0];

const { continuation, text, binary, close, ping } = Opcode;
const LIMIT = 1_000;

/** Frames that each end a session of their own. */
interface FatalFrames {
  readonly id: Id;
  readonly cases: readonly (readonly FrameParts[])[];
  /** The code of the server's close frame. */
  readonly code: Exclude<Closing, "dropped">["code"];
  readonly outcome: string;
}

const notUtf8 = Buffer.from('42["\xff"]', "latin1");

const fatalFrames: readonly FatalFrames[] = [
  { id: "W01", cases: [[{ opcode: text, payload: '42["a"]', masked: false }]], code: 1002, outcome: "TE(MASK must be set)" },
  { id: "W02", cases: [4, 2, 1].map((reserved) => [{ opcode: text, payload: '42["a"]', reserved }]), code: 1002, outcome: "TE" },
  { id: "W03", cases: [3, 11].map((opcode) => [{ opcode, payload: '42["a"]' }]), code: 1002, outcome: "TE" },
  {
    id: "W04",
    cases: [[{ opcode: ping, fin: false }], [{ opcode: ping, payload: Buffer.alloc(126) }]],
    code: 1002,
    outcome: "TE",
  },
  {
    id: "W05",
    cases: [
      [{ opcode: text, payload: notUtf8 }],
      [{ opcode: close, payload: closePayload(1000, notUtf8) }],
    ],
    code: 1007,
    outcome: "TE",
  },
  {
    id: "W06",
    cases: [
      [{ opcode: text, payload: "4".repeat(LIMIT + 1) }],
      [{ opcode: binary, payload: Buffer.alloc(LIMIT + 1) }],
      [
        { opcode: text, payload: "4".repeat(LIMIT), fin: false },
        { opcode: continuation, payload: "4" },
      ],
      [{ opcode: binary, declared: 2n ** 31n }],
    ],
    code: 1009,
    outcome: "TE(Max payload size exceeded)",
  },
  { id: "W07", cases: [2n ** 53n, 2n ** 63n].map((declared) => [{ opcode: binary, declared }]), code: 1009, outcome: "TE" },
  {
    id: "W08",
    cases: [
      [{ opcode: continuation, payload: "4" }],
      [
        { opcode: text, payload: "4", fin: false },
        { opcode: text, payload: "4" },
      ],
    ],
    code: 1002,
    outcome: "TE",
  },
  {
    id: "W09",
    cases: [[{ opcode: text, fin: false }, ...Array.from({ length: 17_000 }, () => ({ opcode: continuation, fin: false }))]],
    code: 1008,
    outcome: "TE(Too many message fragments)",
  },
  {
    id: "W10",
    cases: [closePayload(999), closePayload(1005), Buffer.alloc(1)].map((payload) => [{ opcode: close, payload }]),
    code: 1002,
    outcome: "TE",
  },
  { id: "W14", cases: ["", "x"].map((payload) => [{ opcode: text, payload }]), code: 1002, outcome: "PE" },
  {
    id: "W15",
    cases: ["2", "2probe"].map((payload) => [{ opcode: text, payload }]),
    code: "none",
    outcome: "TE(invalid heartbeat direction)",
  },
  { id: "W17", cases: [[{ opcode: text, payload: "1" }]], code: 1000, outcome: "TC" },
];

for (const { id, cases, code, outcome } of fatalFrames) {
  row(id, { maxHttpBufferSize: LIMIT }, async (server) => {
    for (const frames of cases) {
      const client = await server.joinedWebSocket();
      client.raw.wire.write(Buffer.concat(frames.map(encodeFrame)));
      await assertEnd(server, client, outcome, frames[0]);
      const closing = await client.closing();
      assert.equal(closing === "dropped" ? closing : closing.code, code, String(frames[0]?.payload));
      assert.deepEqual(server.all("event", client), []);
      if (id === "W06" && !isOracle) assertTooLarge(server, client);
    }
  });
}

/** The app can tell a message that was too large from other faults. */
function assertTooLarge(server: TestServer, client: WebSocketClient): void {
  const [end] = server.all("disconnect", client);
  const code = /PAYLOAD_TOO_LARGE|WS_ERR_UNSUPPORTED_MESSAGE_LENGTH/;
  assert(describe(end?.description).some((words) => code.test(words)), "no code");
}

row("W16", { pingInterval: 100 }, async (server) => {
  const client = await server.joinedWebSocket();
  client.answersPings = false;
  await client.send("3probe");
  const pongs = setInterval(() => void client.send("3"), 20);
  try {
    assert.equal(await client.packet(), "2");
  } finally {
    clearInterval(pongs);
  }
});

row("W18", {}, async (server) => {
  const client = await server.joinedWebSocket();
  for (const packet of ["0", "0{}", "5", "6"]) await client.send(packet);
  await client.echo();
});

row("W11", {}, async (server) => {
  for (const code of [1000, 4999]) {
    const client = await server.joinedWebSocket();
    client.raw.close(code, "bye");
    assert.deepEqual(await client.closing(), { code, reason: "bye" });
    await assertEnd(server, client, "TC", code);
  }
});

row("W12", {}, async (server) => {
  const reset = await server.joinedWebSocket();
  reset.raw.wire.reset();
  await assertEnd(server, reset, "TC", "RST");

  const ended = await server.joinedWebSocket();
  ended.raw.wire.end();
  await assertEnd(server, ended, "TC", "FIN");
});

row("W13", {}, async (server) => {
  const client = await server.joinedWebSocket();
  client.raw.frame({ opcode: ping, payload: "are you there" });
  assert.deepEqual(await client.incoming(), { kind: "pong", bytes: Buffer.from("are you there") });
  await client.echo();
});

row("W19", {}, async (server) => {
  const client = await server.joinedWebSocket();
  await client.send("4");
  await assertEnd(server, client, "PE");
});

row("W20", {}, async (server) => {
  for (const bytes of [Buffer.of(1, 2, 3), Buffer.alloc(0)]) {
    const joined = await server.joinedWebSocket();
    await joined.send(bytes);
    await assertEnd(server, joined, "FC+err(got binary data when not reconstructing a packet)", bytes);

    const fresh = await server.websocket();
    await fresh.send(bytes);
    await assertEnd(server, fresh, "FC", bytes);
  }
});

row("W21", {}, async (server) => {
  const client = await server.joinedWebSocket();
  await client.send('451-["file",{"_placeholder":true,"num":0}]');
  await client.send("bAQID");
  assert.deepEqual((await server.first("event", client)).args, ["file", Buffer.of(1, 2, 3)]);
  await client.echo();
});

row("W22", {}, async (server) => {
  const client = await server.websocket();
  await client.send('40\x1e42["a"]');
  await assertEnd(server, client, "FC");
  assert.deepEqual(server.all("connection", client), []);
});

const url = target({ EIO: "4", transport: "websocket" });

row("W23", {}, async (server) => {
  const { "sec-websocket-key": _, ...withoutKey } = upgradeHeaders;
  const handshakes: readonly Query[] = [
    withoutKey,
    { ...upgradeHeaders, "sec-websocket-key": "c2hvcnQ=" },
    { ...upgradeHeaders, "sec-websocket-version": "12" },
    { ...upgradeHeaders, upgrade: "h2c" },
    { ...upgradeHeaders, "sec-websocket-protocol": "a,,b" },
  ];
  for (const headers of handshakes) {
    const reply = await server.request("GET", url, { headers });
    assert([400, 426].includes(reply.status), JSON.stringify(headers));
    assert.match(reply.headers["content-type"] ?? "", /^text\//);
  }
  assert.equal(server.all("open").length, 1, "no session but the innocent one");
});

/** Handshakes that are answered in plain text before any 101. */
interface RefusedHandshakes {
  readonly id: Id;
  readonly method?: string;
  readonly queries: readonly Query[];
  readonly code: number;
  readonly body: string;
}

const refusedHandshakes: readonly RefusedHandshakes[] = [
  { id: "W24", method: "POST", queries: [{ EIO: "4", transport: "websocket" }], code: 2, body: "Bad handshake method" },
  { id: "W25", queries: [{ EIO: "4", transport: "polling" }], code: 3, body: "Bad request" },
  {
    id: "W27",
    queries: [{ EIO: "3", transport: "websocket" }, { transport: "websocket" }],
    code: 5,
    body: "Unsupported protocol version",
  },
];

for (const { id, method = "GET", queries, code, body } of refusedHandshakes) {
  row(id, {}, async (server) => {
    for (const [index, query] of queries.entries()) {
      const reply = await server.request(method, target(query), { headers: upgradeHeaders });
      assertRefused(reply, 400, body);
      assert.equal((await server.nth(index + 1, "refused")).code, code);
    }
    assert.equal(server.all("open").length, 1, "no session but the innocent one");
  });
}

row("W26", {}, async (server) => {
  const unknown = [
    [{ EIO: "4", transport: "foo" }, 0, "Transport unknown"],
    [{ EIO: "4", transport: "websocket", sid: "AAAAAAAAAAAAAAAAAAAA" }, 1, "Session ID unknown"],
  ] as const;
  for (const [index, [query, code, body]] of unknown.entries()) {
    assertRefused(await server.request("GET", target(query), { headers: upgradeHeaders }), 400, body);
    assert.equal((await server.nth(index + 1, "refused")).code, code);
  }
});

row("W28", {}, async (server) => {
  server.io.engine.generateId = () => Promise.reject(new Error("secret"));
  assertRefused(await server.request("GET", url, { headers: upgradeHeaders }), 400, "Bad request");
  assert.equal(((await server.first("refused")).context as { name: string }).name, "ID_GENERATION_ERROR");
});

row("W29", { allowRequest: exceptInnocent((_, callback) => callback("not today", false)) }, async (server) => {
  assertRefused(await server.request("GET", url, { headers: upgradeHeaders }), 403, "not today");
  assert.equal(server.all("open").length, 1, "no session but the innocent one");
});

row("W30", { destroyUpgradeTimeout: 50 }, async (server) => {
  const elsewhere = async ({ dial }: TestServer): Promise<Wire> => {
    return (await dial()).request("GET", "/elsewhere", { headers: upgradeHeaders });
  };
  assert.deepEqual(await (await elsewhere(server)).rest(), Buffer.alloc(0), "ended without a word");

  await replay({ destroyUpgrade: false, destroyUpgradeTimeout: 50 }, async (lenient) => {
    assert.equal(await fate(await elsewhere(lenient)), "still open");
  });

  await replay({ destroyUpgradeTimeout: 50 }, async (shared) => {
    shared.http.on("upgrade", (request, socket) => {
      if (request.url === "/elsewhere") socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    });
    const taken = await elsewhere(shared);
    assert.equal((await taken.reply()).status, 101);
    assert.equal(await fate(taken), "still open");
  });

  /** What has become of a connection well after `destroyUpgradeTimeout`. */
  function fate(wire: Wire): Promise<string> {
    return Promise.race([wire.ended().then(() => "ended"), sleep(200, "still open")]);
  }
});

row("W31", {}, async (server) => {
  for (const extensions of [";;;", "permessage-deflate; =", "x; y=\""]) {
    const client = await server.websocket({ "sec-websocket-extensions": extensions });
    await client.join();
    await client.echo();
  }
});

row("W32", { cors: { origin: "http://a.example" } }, async (server) => {
  const origin = "http://evil.example";
  const reply = await server.request("GET", url, { headers: { ...upgradeHeaders, origin } });
  assert.equal(reply.status, 403);
  assert.match(reply.body, /cors\.origin/);
  assert.equal(server.all("open").length, 1, "no session but the innocent one");

  await replay({}, async (plain) => {
    const headers = { ...upgradeHeaders, origin, cookie: "login=1" };
    assert.equal((await plain.request("GET", url, { headers })).status, 403);
    const harmless = await plain.websocket({ origin });
    await harmless.join();
    await harmless.echo();
  });
});

row("W33", { pingInterval: 50, pingTimeout: 1000 }, async (server) => {
  const client = await server.joinedWebSocket();
  client.answersPings = false;
  await assertEnd(server, client, "PT");
  assert.deepEqual(await client.closing(), { code: "none", reason: "" });
});

row("W34", { pingInterval: 50, pingTimeout: 1000 }, async (server) => {
  const client = await server.joinedWebSocket();
  client.answersPings = false;
  assert.equal(await client.packet(), "2");
  await sleep(300);
  const sentAt = performance.now();
  await client.send('42["alive"]');
  const talking = setInterval(() => void client.send('42["alive"]'), 20);
  try {
    await assertEnd(server, client, "PT");
  } finally {
    clearInterval(talking);
  }
  // A timer may be a millisecond early.
  assert(performance.now() - sentAt >= 1000 - 2, "the first event gives the client another pingTimeout");
});

row("W35", { limits: { maxBufferedBytes: 1_000_000 } }, async (server) => {
  const client = await server.joinedWebSocket();
  const socket = server.socketOf(client);
  client.raw.wire.pause();
  const chunk = "x".repeat(65_536);
  // What the operating system takes over is not counted: some megabytes.
  for (let sent = 0; socket.connected && sent < 100_000_000; sent += chunk.length) {
    socket.emit("data", chunk);
    await turn();
  }
  await assertEnd(server, client, "TE(SLOW_CONSUMER)");
});

/** A refusal in plain text. */
function assertRefused({ status, headers, body }: HttpReply, expectedStatus: number, expectedBody: string): void {
  assert.deepEqual([status, body, headers["connection"]], [expectedStatus, expectedBody, "close"]);
}
