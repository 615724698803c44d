/** Published vulnerabilities of the WebSocket layer, and of servers of this protocol in other languages. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { target, upgradeHeaders } from "../catalogue/client.ts";
import { assertEnd } from "../catalogue/outcome.ts";
import { encodeFrame, Opcode } from "../catalogue/wire.ts";
import { advisory, cpuTimeOf, SOON_MS } from "./advisory.ts";

const websocket = target({ EIO: "4", transport: "websocket" });

advisory("CVE-2016-10518", "a pong holds the ping's own bytes and nothing else of the memory", {}, async (server) => {
  const client = await server.joinedWebSocket();
  for (const length of [0, 1, 100, 125]) {
    const payload = randomBytes(length);
    client.raw.frame({ opcode: Opcode.ping, payload });
    assert.deepEqual(await client.incoming(), { kind: "pong", bytes: payload });
  }
  client.raw.frame({ opcode: Opcode.ping, payload: "1", declared: 100n });
  client.raw.wire.end();
  assert.equal(await client.closing(), "dropped");
});

advisory("CVE-2016-10542", "a frame that announces too much is refused before it comes", {}, async (server) => {
  for (const declared of [1_000_001n, 256n * 1024n ** 2n, 2n ** 40n]) {
    const client = await server.joinedWebSocket();
    client.raw.frame({ opcode: Opcode.binary, declared });
    await assertEnd(server, client, "TE", declared);
    assert.deepEqual(await client.closing(), { code: 1009, reason: "" });
  }
});

const inherited = ["constructor", "__proto__", "toString", "hasOwnProperty", "permessage-deflate; constructor", "x; __proto__=1"];

for (const perMessageDeflate of [false, true]) {
  const what = perMessageDeflate ? "with compression" : "without compression";
  advisory("ws@3.3.1", `names of inherited properties are no extensions, ${what}`, { perMessageDeflate }, async (server) => {
    for (const extensions of inherited) {
      const headers = { ...upgradeHeaders, "sec-websocket-extensions": extensions };
      assert([101, 400].includes((await server.request("GET", websocket, { headers })).status), extensions);
    }
  });

  advisory("CVE-2020-7662", `long parameters of an extension are read in linear time, ${what}`, { perMessageDeflate }, async (server) => {
    for (const extensions of [`x; y="${"\\c".repeat(25_000)}`, `x;${" ".repeat(50_000)}y`, "x;".repeat(25_000)]) {
      const headers = { ...upgradeHeaders, "sec-websocket-extensions": extensions };
      assert((await cpuTimeOf(() => server.request("GET", websocket, { headers }))) < SOON_MS, extensions.slice(0, 10));
    }
  });
}

advisory("CVE-2021-32640", "a long Sec-WebSocket-Protocol is read in linear time", {}, async (server) => {
  for (const protocol of [`b${" ".repeat(60_000)}x`, ",".repeat(60_000), `a${", a".repeat(20_000)}`, `${"\t".repeat(60_000)},`]) {
    const headers = { ...upgradeHeaders, "sec-websocket-protocol": protocol };
    const took = await cpuTimeOf(() => server.request("GET", websocket, { headers }));
    assert(took < SOON_MS, `${protocol.slice(0, 5)}… took ${took} ms`);
  }
});

advisory("CVE-2024-37890", "more headers than Node keeps do no harm", {}, async (server) => {
  const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, index) => [`h${index}`, "1"]));
  for (const headers of [{ ...many, ...upgradeHeaders }, { ...upgradeHeaders, ...many }]) {
    const wire = (await server.dial()).request("GET", websocket, { headers });
    const [head] = await Promise.race([wire.reply().then(({ status }) => [status]), wire.ended().then(() => ["ended"])]);
    assert([101, 400, 404, 431, "ended"].includes(head!), String(head));
    wire.destroy();
  }
});

advisory("ws#2329", "empty fragments count too, and a message has few of them", {}, async (server) => {
  for (const payload of ["", "4"]) {
    const client = await server.joinedWebSocket();
    const fragments = Array.from({ length: 1_100 }, (_, index) => {
      return encodeFrame({ opcode: index === 0 ? Opcode.text : Opcode.continuation, payload, fin: false });
    });
    client.raw.wire.write(Buffer.concat(fragments));
    await assertEnd(server, client, "TE(Too many message fragments)");
    assert.deepEqual(await client.closing(), { code: 1008, reason: "" });
  }
});

advisory("CVE-2019-13611", "a page of another site gets no session with its visitor's cookies", {}, async (server) => {
  const headers = { origin: "https://evil.example", cookie: "login=1" };
  assert.equal((await server.request("GET", target({ EIO: "4", transport: "polling" }), { headers })).status, 403);
  assert.equal((await server.request("GET", websocket, { headers: { ...upgradeHeaders, ...headers } })).status, 403);
  assert.equal(server.all("open").length, 1, "no session but the innocent one");
});

advisory("CVE-2026-48802", "pongs that nobody asked for start nothing", { pingInterval: 300 }, async (server) => {
  const [client, polling] = [await server.joinedWebSocket(), await server.joinedPolling()];
  client.answersPings = false;
  const before = timers();
  const pong = encodeFrame({ opcode: Opcode.text, payload: "3" });
  client.raw.wire.write(Buffer.concat(Array.from({ length: 5_000 }, () => pong)));
  await polling.post(Array.from({ length: 5_000 }, () => "3").join("\x1e"));
  await client.send('42["done"]');
  await server.first("event", client);
  assert(timers() - before <= 1, `${timers() - before} timers more`);
  assert.equal(await client.packet(), "2", "one ping in its time");
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

advisory("python-engineio#142", "half a million packets in one body leave their turn to others", {}, async (server) => {
  const client = await server.joinedPolling();
  const answered = client.post(Array.from({ length: 499_999 }, () => "6").join("\x1e"));
  let echoes = 0;
  for (let reply: unknown; reply === undefined; echoes++) {
    const neighbour = server.unharmed();
    reply = await Promise.race([answered, neighbour]);
    await neighbour;
  }
  const { status, body } = await answered;
  assert.deepEqual([status, body, echoes > 2], [200, "ok", true]);
});

advisory("decompression", "a compressed body is refused, so it cannot be a bomb", {}, async (server) => {
  const bomb = gzipSync(Buffer.alloc(10_000_000, "4"));
  for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, gzip"]) {
    const client = await server.joinedPolling();
    const reply = await client.request("POST", {}, { headers: { "content-encoding": encoding }, body: bomb });
    assert.equal(reply.status, 415);
    await server.first("close", client);
    assert.deepEqual(server.all("event", client), []);
  }
});
